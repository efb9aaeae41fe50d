import type {
  JobAttemptState,
  JobError,
  JobKind,
  JobState,
  JobWaiting,
  KeyLimits,
  LeftOut,
  ModelPatch,
  Outcome,
  PoolConfiguration,
  Role,
  RoleConfiguration,
  Usage,
} from '@turnout/contract'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { ArtifactTables } from './artifact-tables.ts'
import type { ExperimentTables } from './experiment-tables.ts'
import type { TemplateTables } from './template-tables.ts'
import type { WebhookTables } from './webhook-tables.ts'

/** A jsonb column: written as JSON text, read as a value. */
type Json<T extends object> = JSONColumnType<T, string, string>
type Created = ColumnType<Date, Date | string | undefined, never>

export interface VirtualKeysTable {
  id: string
  name: string
  prefix: string
  /** SHA-256 of the secret, in hexadecimal. */
  hash: string
  owner: string | null
  role: Role
  limits: Json<KeyLimits>
  created_at: Created
  expires_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
  revoked_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
}

export interface ModelsTable {
  id: string
  record: Json<ModelPatch>
  created_at: Created
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>
}

export interface AttemptsTable {
  id: string
  request_id: string
  attempt: number
  operation: string
  model: string
  provider: string
  upstream_model: string
  key_id: string | null
  user_id: string | null
  started_at: ColumnType<Date, Date | string, never>
  latency_ms: number | null
  first_part_ms: number | null
  streamed: boolean
  outcome: Outcome
  error_code: string | null
  usage: Json<Usage>
  cost_nano: bigint | null
  emulated: boolean
  upstream_request_id: string | null
  /** The experiment that its request takes part in, and the variant there. */
  experiment: string | null
  variant: string | null
  /** The process that wrote it, so that others can tell when it has died. */
  writer: string
}

export interface RoutingRevisionsTable {
  id: Generated<bigint>
  kind: 'pool' | 'role'
  name: string
  /** Counts from 1 for each name. */
  revision: number
  /** Null: deleted. */
  record: JSONColumnType<PoolConfiguration | RoleConfiguration, string, string> | null
  /** Id of the key that made it. */
  author: string
  created_at: Generated<Date>
}

/** A time that code writes as a date and may leave out. */
type Time = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** A jsonb column that may be null. */
type MaybeJson<T extends object> = ColumnType<T | null, string | null | undefined, string | null>

/** How far a job is: what is to be done with it next. */
export type JobStep = 'start' | 'poll' | 'collect' | 'parts' | 'reconcile' | 'rest'

export interface JobsTable {
  id: string
  kind: JobKind
  state: JobState
  step: JobStep
  /** As asked for. */
  model: string
  deployment: string | null
  provider: string | null
  key_id: string
  user_id: string | null
  request_id: string
  request: Json<object>
  metadata: Json<Record<string, string>>
  idempotency_key: string | null
  request_hash: string
  priority: number
  set_id: string | null
  /** Of a part of a job that takes several calls. */
  parent_id: string | null
  /** Among the parts of its parent, or the members of its set. */
  place: Generated<number>
  retry_of: string | null
  webhook: MaybeJson<object>
  created_at: Created
  started_at: Time
  finished_at: Time
  deadline_at: ColumnType<Date, Date | string, Date | string>
  cancel_requested_at: Time
  /** When its next step is due; null when there is none. */
  wake_at: Time
  lease_owner: string | null
  lease_until: Time
  /** How often the current step has failed in a row. */
  tries: Generated<number>
  waiting: MaybeJson<JobWaiting>
  progress: number | null
  queue_position: number | null
  outputs: ColumnType<object[], string | undefined, string>
  usage: ColumnType<Usage, string | undefined, string>
  warnings: ColumnType<string[], string | undefined, string>
  mapped: ColumnType<object[], string | undefined, string>
  error: MaybeJson<JobError>
  quoted_nano: bigint | null
  reported_nano: bigint | null
  settled_nano: bigint | null
  emulated: boolean
  sequence: Generated<number>
}

export interface JobAttemptsTable {
  id: string
  job_id: string
  number: number
  deployment: string
  provider: string
  upstream_model: string
  state: JobAttemptState
  /** SHA-256 of what was to be sent, so that a repetition can be told from another request. */
  payload_hash: string
  /** The handle of the work at the provider. */
  operation: MaybeJson<object>
  /** What the provider made, until it was copied. */
  result: MaybeJson<object>
  error: MaybeJson<JobError>
  started_at: Created
  accepted_at: Time
  finished_at: Time
  upstream_request_id: string | null
  reported_nano: bigint | null
}

export interface JobChargesTable {
  attempt_id: string
  kind: 'reserve' | 'settle' | 'reconcile'
  amount_nano: bigint | null
  created_at: Created
}

export interface JobEventsTable {
  job_id: string
  sequence: number
  type: string
  data: Json<object>
  created_at: Created
}

export interface ComparisonsTable {
  id: string
  key_id: string
  kind: JobKind
  prompt: string
  left_out: ColumnType<LeftOut[], string, string>
  warnings: ColumnType<string[], string, string>
  created_at: Created
}

export interface SettingsTable {
  name: string
  value: Json<object>
  created_at: Generated<Date>
}

export interface Tables extends ArtifactTables, ExperimentTables, WebhookTables, TemplateTables {
  virtual_keys: VirtualKeysTable
  models: ModelsTable
  attempts: AttemptsTable
  routing_revisions: RoutingRevisionsTable
  jobs: JobsTable
  job_attempts: JobAttemptsTable
  job_charges: JobChargesTable
  job_events: JobEventsTable
  comparisons: ComparisonsTable
  settings: SettingsTable
}
