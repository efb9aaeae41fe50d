import type { ErrorCode } from '@turnout/contract'

/** What all processes know of a deployment. */
export interface BoardEntry {
  /** Moves on with every change. */
  version: string
  drained: boolean
  /** How often an operator has reset it. */
  resets: number
  /** When its last cooldown ends or ended, in epoch milliseconds of this process; null where it was found well since. */
  coolingUntil: number | null
  open: boolean
  strikes: number
  lastError: { code: ErrorCode; at: number } | undefined
  /** This process has set it aside, and is the one that tries it first. */
  isOwn: boolean
}

/** A cooldown to be told to others. Times are spans, because the clocks of machines differ. */
export interface CooldownNews {
  deployment: string
  /** Those that were known: what an operator has reset since is not set aside again by older news. */
  resets: number
  coolingMs: number
  open: boolean
  strikes: number
  error: { code: ErrorCode; agoMs: number } | undefined
}

/** A deployment that was found well again, unless others have had news of it since that version. */
export interface RecoveryNews {
  deployment: string
  version: string
}

/** Where processes tell each other of deployments. */
export interface DeploymentBoard {
  readonly entries: ReadonlyMap<string, BoardEntry>
  /** `onChange` is called when others have told something. */
  follow(onChange: () => void): void
  /** Reads what others have told. Never rejects. */
  refresh(): Promise<boolean>
  /** @throws where the news could not be told */
  tell(cooldowns: readonly CooldownNews[], recoveries: readonly RecoveryNews[]): Promise<void>
  /** @throws TurnoutError overloaded */
  drain(deployment: string, author: string): Promise<void>
  /** @throws TurnoutError overloaded */
  reset(deployment: string): Promise<void>
  close(): Promise<void>
}
