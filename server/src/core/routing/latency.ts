/** The first bucket ends here, and each further one so much later, up to a little over ten minutes. */
const FIRST_MS = 1
const GROWTH = 1.15
const BUCKETS = 97
const LOG_GROWTH = Math.log(GROWTH)
/** In this time a measurement comes to weigh a third or so. */
const FADES_IN_MS = 10 * 60_000
/** Weights grow rather than that old ones are lessened one by one; from here on all are scaled down. */
const MOST_WEIGHT = 1e9
/** Fewer measurements, as much as they still weigh, say nothing of how long it mostly takes. */
const LEAST_MEASURED = 10

const bucketOf = (ms: number): number =>
  ms <= FIRST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / FIRST_MS) / LOG_GROWTH))

/**
 * How long something has taken of late, in less than a kilobyte whatever
 * happens: counts by length, which fade with time.
 */
export class LatencySketch {
  readonly #weights = new Float64Array(BUCKETS)
  #total = 0
  /** When a measurement weighed 1, in epoch milliseconds. */
  #since: number

  /** @param now Epoch milliseconds. */
  constructor(now: number) {
    this.#since = now
  }

  add(ms: number, now: number): void {
    let weight = this.#weightAt(now)
    if (weight > MOST_WEIGHT) {
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) this.#weights[bucket]! /= weight
      this.#total /= weight
      this.#since = now
      weight = 1
    }
    this.#weights[bucketOf(ms)]! += weight
    this.#total += weight
  }

  /**
   * The time within which so many of a hundred were done, in milliseconds and
   * up to 15 % too long; undefined where too little was measured of late.
   */
  percentile(percentile: number, now: number): number | undefined {
    if (this.#total / this.#weightAt(now) < LEAST_MEASURED) return undefined
    let rest = (this.#total * percentile) / 100
    let bucket = 0
    for (; bucket < BUCKETS - 1; bucket += 1) {
      rest -= this.#weights[bucket]!
      if (rest <= 0) break
    }
    return FIRST_MS * GROWTH ** bucket
  }

  #weightAt(now: number): number {
    return Math.exp(Math.max(0, now - this.#since) / FADES_IN_MS)
  }
}
