/** How a deployment stands at the moment, as far as the choice among several needs to know. */
export interface Standing {
  /** Attempts that have not ended. */
  running: number
  /** Until the first content of a stream, a decayed average in milliseconds; NaN where not measured. */
  firstPartMs: number
  /** Until the end of a buffered answer, likewise. */
  wholeMs: number
  /** When either was last measured, in epoch milliseconds. */
  measuredAt: number
  /** It is set aside until then, in epoch milliseconds; 0 where it is not. */
  coolingUntil: number
  /** It has been set aside and has not succeeded since: one request at a time tries it. */
  open: boolean
  /** That one request is on its way. */
  probing: boolean
  /** Until then another process has the first try, in epoch milliseconds; 0 where it is ours. */
  yieldsUntil: number
  /** An operator has taken it out. */
  drained: boolean
}

/** An average that is older says nothing of now: the deployment counts as not measured. */
export const MEASURE_LASTS_MS = 5 * 60_000

/** Whether others should be asked first. */
export const isResting = (standing: Standing, now: number): boolean =>
  standing.coolingUntil > now || (standing.open && (standing.probing || standing.yieldsUntil > now))

/** Of those that rest: the soonest back comes first, and one that is being tried before those that still cool down. */
export const restUntil = ({ coolingUntil }: Standing, now: number): number => Math.max(coolingUntil, now)
