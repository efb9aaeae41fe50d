import type { RetryPolicy } from '@turnout/contract'
import type { TurnoutError } from './error.ts'

export type ResolvedRetryPolicy = Required<RetryPolicy>

export const DEFAULT_RETRY: ResolvedRetryPolicy = {
  maxRetries: 3,
  backoffBase: 1,
  backoffFactor: 2,
  maxRetryAfter: 60,
}

/**
 * How long to wait before the same deployment is tried again, in milliseconds;
 * null when it must not be. Waits grow as base × factor^n and are spread over
 * 75 to 125 percent, so that callers who failed together do not return
 * together. A longer wait that the provider asks for is honoured up to
 * `maxRetryAfter`; past that the caller is told instead.
 *
 * @param retries How many retries have been made.
 * @param random A number in [0, 1).
 */
export function retryDelay(
  policy: ResolvedRetryPolicy,
  error: TurnoutError,
  retries: number,
  random: number,
): number | null {
  if (!error.retryable || retries >= policy.maxRetries) return null
  if (error.retryAfterMs !== undefined) {
    return error.retryAfterMs > policy.maxRetryAfter * 1000 ? null : error.retryAfterMs * (1 + random / 10)
  }
  return policy.backoffBase * 1000 * policy.backoffFactor ** retries * (0.75 + random / 2)
}
