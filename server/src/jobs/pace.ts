/** How long is waited for what, in milliseconds; tests have their own. */
export interface Pace {
  /** Until the provider is asked again: what it advises, else the longer the work has taken already. */
  poll(advisedMs: number, elapsedMs: number): number
  /** After so many failures in a row to ask it, or to fetch what it made. */
  trouble(failures: number): number
  /** Until work that was given up is looked for again; undefined when that is over. */
  reconcile(looks: number): number | undefined
  /** How often an output, which is paid for, is tried to be had before it is given up, by what stands in the way. */
  tries: {
    /** It is not where the provider said. */
    missing: number
    /** The provider, or the way to it, fails. */
    provider: number
    /** Our own storage does not take it, or our database. */
    ours: number
  }
  /** How often canceled work is asked whether it has stopped, and how long after one another. */
  cancelTries: number
  cancelMs: number
}

const SHORTEST_POLL_MS = 250
const FIRST_POLL_MS = 500
const LONGEST_POLL_MS = 5_000
const FIRST_TROUBLE_MS = 500
const LONGEST_TROUBLE_MS = 15_000
const FIRST_RECONCILE_MS = 30_000
const LONGEST_RECONCILE_MS = 3_600_000
/** About a day of looking, by the two above. */
const RECONCILE_LOOKS = 30

export const PACE: Pace = {
  poll(advisedMs, elapsedMs) {
    if (advisedMs > 0) return Math.max(SHORTEST_POLL_MS, advisedMs)
    return Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, elapsedMs * 0.2))
  },
  trouble: (failures) => Math.min(LONGEST_TROUBLE_MS, FIRST_TROUBLE_MS * 2 ** failures),
  reconcile: (looks) =>
    looks > RECONCILE_LOOKS ? undefined : Math.min(LONGEST_RECONCILE_MS, FIRST_RECONCILE_MS * 2 ** looks),
  // About a quarter of an hour of the provider's failures and a day of our own, by the longest time between two tries.
  tries: { missing: 3, provider: 60, ours: 5_760 },
  cancelTries: 5,
  cancelMs: 1_000,
}
