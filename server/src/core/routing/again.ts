import type { TurnoutError } from '../error.ts'
import { type ResolvedRetryPolicy, retryDelay } from '../retry.ts'

/** A 429 that asks for a longer wait than this is left to the next candidate. */
export const SHORT_RETRY_AFTER_MS = 1_000
/** The longest wait before the same deployment is asked again while others could be. */
const LONGEST_WAIT_MS = 250

/**
 * How long to wait before the same deployment is asked again although others
 * could be, in milliseconds; null where the next one is asked instead. It
 * helps once, after a 429 that asks for a short wait, after a 5xx, and after a
 * connection that was reset. Whoever kept silent is left at once, and so is
 * whoever could not be reached.
 *
 * @param retries How many times the deployment has been asked again for this request.
 */
export function sameAgain(
  policy: ResolvedRetryPolicy,
  error: TurnoutError,
  retries: number,
  random: number,
): number | null {
  if (retries > 0) return null
  const { code, upstreamStatus = 0, delivered, retryAfterMs } = error
  const helps =
    code === 'rate_limit'
      ? retryAfterMs !== undefined && retryAfterMs <= SHORT_RETRY_AFTER_MS
      : code === 'connection'
        ? delivered
        : (code === 'upstream_error' || code === 'overloaded') && upstreamStatus >= 500 && retryAfterMs === undefined
  const delay = helps ? retryDelay(policy, error, retries, random) : null
  return delay === null || retryAfterMs !== undefined ? delay : Math.min(delay, LONGEST_WAIT_MS)
}
