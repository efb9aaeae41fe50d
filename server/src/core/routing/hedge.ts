import type { Hedge } from '@turnout/contract'
import type { LatencySketch } from './latency.ts'

/** What was not spent is kept for so many requests at most, so that a quiet hour does not pay for a flood. */
const MOST_SAVED = 10
/** Shares that add up to 1 may come a little short of it. */
const ONE = 1 - 1e-9

/** How many requests of a pool may be hedged, in this process: each request adds its share to what may be spent. */
export class HedgeBudget {
  #saved = 0

  earn(share: number): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + share)
  }

  /** Whether one more may be hedged; if so it is spent. */
  take(): boolean {
    if (this.#saved < ONE) return false
    this.#saved -= 1
    return true
  }
}

/**
 * How long a deployment may take to begin until another one is asked besides,
 * in milliseconds. Where it is not known how long it mostly takes, the longest
 * time holds, and without one nobody else is asked.
 */
export function hedgeDelay(
  { percentile, minMs, maxMs }: Hedge,
  sketch: LatencySketch | undefined,
  now: number,
): number | undefined {
  const usual = sketch?.percentile(percentile, now)
  if (usual === undefined) return maxMs
  return Math.min(Math.max(usual, minMs), maxMs ?? Number.POSITIVE_INFINITY)
}
