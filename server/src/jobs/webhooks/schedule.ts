const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What is waited after each failed try; the last one ends it, nearly a day after the first. */
const WAITS_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  10 * HOUR,
]

/** How many tries there are before a delivery is given up. */
export const MAX_TRIES = WAITS_MS.length + 1

/** The longest wait that a receiver can ask for. */
const MAX_RETRY_AFTER_MS = 24 * HOUR

/**
 * How long to wait before the next try, in milliseconds; null when there is
 * none. Waits are spread over 80 to 120 percent, so that what failed together
 * does not come back together. A longer wait that the receiver asks for is honoured.
 *
 * @param tries How many were made, this one included.
 * @param random A number in [0, 1).
 */
export function nextWait(tries: number, retryAfterMs: number | undefined, random: number): number | null {
  const wait = WAITS_MS[tries - 1]
  if (wait === undefined) return null
  return Math.max(Math.round(wait * (0.8 + 0.4 * random)), Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))
}
