import { type Attempted, type Case, LIMITS, type Outcome } from './fault-wall.ts'

/** What a call was waited for. */
type Wait = 'first part' | 'stall' | 'total' | 'backoff' | 'Retry-After'

/** A call, and why it was made no sooner. */
interface Call {
  place: string
  waits: readonly Wait[]
  /** Milliseconds since the call before began. */
  after: number
  isFirst: boolean
}

const LEAST_MS: Readonly<Record<Wait, number>> = {
  'first part': LIMITS.firstPartMs,
  stall: LIMITS.stallMs,
  total: LIMITS.totalMs,
  backoff: 0,
  'Retry-After': 10,
}

/** By which limit a call ended; undefined where it failed by itself. */
function limitOf({ errorCode, firstPartMs }: Attempted, { fault, streamed }: Case): Wait | undefined {
  const isStall = fault.kind === 'stall'
  if (errorCode === 'stream_interrupted') return isStall ? 'stall' : undefined
  if (errorCode !== 'timeout') return undefined
  if (isStall) return 'stall'
  return streamed && firstPartMs === null ? 'first part' : 'total'
}

/** The calls of a case one after the other, by what the records say of how they ended. */
export const callsOf = ({ attempts }: Outcome, one: Case): Call[] =>
  attempts.map((attempt, at) => {
    const before = attempts[at - 1]
    if (before === undefined) return { place: attempt.place, waits: [], after: 0, isFirst: true }
    const { fault } = one
    const saysWhen = fault.kind === 'status' && fault.headers !== undefined && before.errorCode === 'rate_limit'
    const limit = limitOf(before, one)
    const again: Wait[] = before.place === attempt.place ? [saysWhen ? 'Retry-After' : 'backoff'] : []
    const waits = limit ? [limit, ...again] : again
    return { place: attempt.place, waits, after: attempt.startedAt - before.startedAt, isFirst: false }
  })

/** Clocks that are read in whole milliseconds may show one less. */
const ROUNDING_MS = 2

/** Whether a call came no sooner than after what it was waited for. A late one proves nothing. */
export const isSoonest = ({ waits, after, isFirst }: Call): boolean =>
  isFirst || after + ROUNDING_MS >= waits.reduce((sum, wait) => sum + LEAST_MS[wait], 0)

export function told({ place, waits, isFirst }: Call): string {
  if (isFirst) return `${place.toUpperCase()} 0`
  return `${place.toUpperCase()} ${waits.map((wait) => `+${wait}`).join(' ') || '+0'}`
}
