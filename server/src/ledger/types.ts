import type { Attempt, ErrorCode, Operation, Outcome, Usage, UsageTotal } from '@turnout/contract'
import type { Assignment } from '../core/routing/experiment.ts'

/** What is known when an attempt begins. */
export interface AttemptStart {
  id: string
  requestId: string
  attempt: number
  operation: Operation
  model: string
  provider: string
  upstreamModel: string
  keyId: string | null
  user: string | null
  /** Epoch milliseconds. */
  startedAt: number
  streamed: boolean
  emulated: boolean
  /** The experiment that its request takes part in, and the variant there. */
  assignment?: Assignment | undefined
}

/** An attempt whose beginning is recorded: all that its end needs to know of it. */
export type OpenAttempt = string & { readonly attempt: never }

/** What is known when it ends. */
export interface AttemptEnd {
  outcome: Exclude<Outcome, 'running'>
  errorCode?: ErrorCode
  latencyMs: number
  firstPartMs?: number
  usage: Usage
  /** Nano-dollars; null when not known. */
  cost: bigint | null
  upstreamRequestId?: string
}

export interface AttemptFilter {
  requestId?: string
  model?: string
  provider?: string
  keyId?: string
  user?: string
  outcome?: Outcome
  from?: Date
  to?: Date
}

export const GROUPINGS = ['day', 'model', 'provider', 'key', 'user'] as const
export type Grouping = (typeof GROUPINGS)[number]

/**
 * The record of every attempt. Both halves of a record go to an append-only
 * spool file before the answer is finished, so that neither `kill -9` nor a
 * database that is down loses one; the database is filled from the spool.
 */
export interface Ledger {
  open(start: AttemptStart): OpenAttempt
  /** `then` is called once the record has been handed to the operating system, together with others of the same turn. */
  close(attempt: OpenAttempt, end: AttemptEnd, then: () => void): void
  /** Brings what is spooled here into the database. */
  flush(): Promise<void>
  attempts(
    filter: AttemptFilter,
    page: { cursor?: string; limit: number },
  ): Promise<{ items: Attempt[]; nextCursor: string | null }>
  totals(filter: AttemptFilter, by: Grouping | undefined): Promise<UsageTotal[]>
  /** Flushes and stops. */
  stop(): Promise<void>
}
