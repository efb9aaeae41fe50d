import type { ErrorCode } from '@turnout/contract'
import { TurnoutError } from './error.ts'

const BARRED: ReadonlySet<ErrorCode> = new Set(['authentication', 'permission', 'model_not_found', 'model_not_enabled'])

/** A refusal of a poll that says nothing of the work: a credential that was taken back, a task that cannot be found. */
export const isBarred = ({ code }: TurnoutError): boolean => BARRED.has(code)

/**
 * Whether a failed poll says something of the way to the provider and nothing
 * of the work: polls cost nothing and are made again.
 */
export function isTrouble({ code, retryable, upstreamStatus, providerCost }: TurnoutError): boolean {
  // Who says what the work cost speaks of the work.
  if (providerCost !== undefined || !retryable) return false
  if (code === 'rate_limit') return true
  if (upstreamStatus === undefined) return code === 'connection' || code === 'timeout'
  return upstreamStatus >= 500 || upstreamStatus === 429 || upstreamStatus === 408 || upstreamStatus === 425
}

/** Whether something of our own is away, and no provider: the database, or the storage. */
export const isAway = (error: unknown): boolean =>
  error instanceof TurnoutError && error.code === 'overloaded' && error.provider === undefined
