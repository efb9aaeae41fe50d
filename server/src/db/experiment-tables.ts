import type { ColumnType } from 'kysely'

type Time = ColumnType<Date | null, never, never>

/** Written and compared by the clock of the database alone: those of the processes may differ. */
export interface DeploymentHealthTable {
  deployment: string
  /** Moves on with every change, whatever it changes. */
  version: bigint
  drained: boolean
  /** Id of the key that did it. */
  drained_by: string | null
  /** How often an operator has reset it; a row that is forgotten begins anew. */
  resets: number
  cooling_until: Time
  /** It has failed, so that one request tries it when the cooldown is over. */
  open: boolean
  /** How many cooldowns there have been, one after the other. */
  strikes: number
  error_code: string | null
  error_at: Time
  /** The process whose cooldown it is, by a name that it has for as long as it runs. */
  told_by: string | null
  /** From then on the row says nothing, unless it is drained. */
  forget_at: Time
}

export interface FeedbackTable {
  request_id: string
  /** Whose feedback it is. */
  key_id: string
  score: number
  label: string | null
  comment: string | null
  created_at: ColumnType<Date, Date | string | undefined, Date | string>
}

export interface ExperimentTables {
  deployment_health: DeploymentHealthTable
  feedback: FeedbackTable
}
