import type { ErrorCode } from '@turnout/contract'
import { LatencySketch } from './latency.ts'
import type { Standing } from './standing.ts'

/** All that is remembered of a deployment: a few numbers, whatever happens to it. */
export interface DeploymentState extends Standing {
  readonly id: string
  /** Faults since the last success, none of them older than the time to live. */
  failures: number
  /** Epoch milliseconds of the last fault. */
  failedAt: number
  /** How many cooldowns there have been, one after the other. */
  strikes: number
  /** When the last cooldown began, in epoch milliseconds. */
  cooledAt: number
  /** Attempts and faults of late; both fade away. */
  attempts: number
  faults: number
  /** When the two were last touched. */
  countedAt: number
  lastError: { code: ErrorCode; at: number } | undefined
  /** Until the first content of streams; undefined where none was measured. */
  firstParts: LatencySketch | undefined
  /** Until the end of buffered answers, likewise. */
  wholes: LatencySketch | undefined
}

export const newState = (id: string): DeploymentState => ({
  id,
  running: 0,
  firstPartMs: Number.NaN,
  wholeMs: Number.NaN,
  measuredAt: 0,
  coolingUntil: 0,
  open: false,
  probing: false,
  yieldsUntil: 0,
  drained: false,
  failures: 0,
  failedAt: 0,
  strikes: 0,
  cooledAt: 0,
  attempts: 0,
  faults: 0,
  countedAt: 0,
  lastError: undefined,
  firstParts: undefined,
  wholes: undefined,
})

/** The first cooldown, which doubles with every further one up to the longest. */
const FIRST_COOLDOWN_MS = 5_000
/** What a provider refuses to an account does not heal by itself in seconds. */
const FIRST_OF_REFUSED_MS = 30_000
const LONGEST_COOLDOWN_MS = 5 * 60_000
/** So many faults in a row cool down, if the one came within this time of the other. */
const FAULTS_IN_A_ROW = 2
const IN_A_ROW_WITHIN_MS = 60_000
/** So does a deployment that fails more often than not, whatever the order. */
const FAULTS_OF_LATE = 3
const SHARE_OF_FAULTS = 0.5
/** In this time a count of late fades to a third or so. */
const FADES_IN_MS = 30_000
/** A deployment that stayed well for so long after a cooldown begins anew. Nobody is blacklisted for good. */
const FORGOTTEN_AFTER_MS = 10 * 60_000
/** The weight of a new measurement in an average. */
const NEWEST_WEIGHT = 0.3

/** The provider refuses the account or the model: one such answer is enough. */
const REFUSED: ReadonlySet<ErrorCode> = new Set([
  'authentication',
  'billing',
  'permission',
  'model_not_enabled',
  'model_not_found',
  'model_retired',
])

/** The provider did not do what it should: one such failure may be chance. */
const FAULTS: ReadonlySet<ErrorCode> = new Set([
  'timeout',
  'connection',
  'overloaded',
  'upstream_error',
  'unknown_outcome',
  'stream_interrupted',
  'invalid_output',
])

export interface AttemptMeasure {
  /** When the attempt began, in epoch milliseconds. */
  startedAt: number
  /** Until the first content of a stream, in milliseconds. */
  firstPartMs?: number | undefined
  /** Until the whole answer was there, in milliseconds; by default until now. */
  latencyMs?: number
}

/** Adds one to counts that fade with time rather than with their number. */
function count(state: DeploymentState, fault: boolean, now: number): void {
  const rest = Math.exp(-Math.max(0, now - state.countedAt) / FADES_IN_MS)
  state.attempts = state.attempts * rest + 1
  state.faults = state.faults * rest + (fault ? 1 : 0)
  state.countedAt = now
}

const average = (known: number, newest: number): number =>
  Number.isNaN(known) ? newest : known + (newest - known) * NEWEST_WEIGHT

function coolDown(state: DeploymentState, first: number, now: number, asked = 0): void {
  if (now - Math.max(state.cooledAt, state.coolingUntil) > FORGOTTEN_AFTER_MS) state.strikes = 0
  const grown = first * 2 ** Math.min(state.strikes, 10)
  state.strikes += 1
  state.cooledAt = now
  state.open = true
  state.coolingUntil = now + Math.min(LONGEST_COOLDOWN_MS, Math.max(grown, asked))
}

/** An attempt begins. The first one after a cooldown is the probe: until it ends the others go elsewhere. */
export function began(state: DeploymentState, now: number): void {
  state.running += 1
  if (state.open && state.coolingUntil <= now) state.probing = true
}

/** It was left before it came to an end: that says nothing. */
export function left(state: DeploymentState, { startedAt }: AttemptMeasure): void {
  state.running = Math.max(0, state.running - 1)
  if (startedAt >= state.cooledAt) state.probing = false
}

/** Something has begun, or would have begun later, after so many milliseconds. */
export function measured(state: DeploymentState, streamed: boolean, ms: number, now: number): void {
  const kind = streamed ? 'firstParts' : 'wholes'
  state[kind] ??= new LatencySketch(now)
  state[kind].add(ms, now)
}

export function succeeded(state: DeploymentState, measure: AttemptMeasure, now: number): void {
  const { startedAt, firstPartMs, latencyMs = Math.max(0, now - startedAt) } = measure
  measured(state, firstPartMs !== undefined, firstPartMs ?? latencyMs, now)
  left(state, measure)
  count(state, false, now)
  if (now - state.measuredAt > FORGOTTEN_AFTER_MS) {
    state.firstPartMs = Number.NaN
    state.wholeMs = Number.NaN
  }
  if (firstPartMs !== undefined) state.firstPartMs = average(state.firstPartMs, firstPartMs)
  else state.wholeMs = average(state.wholeMs, Math.max(0, now - startedAt))
  state.measuredAt = now
  // What began before the trouble says nothing of what came after it.
  if (startedAt < state.cooledAt) return
  state.failures = 0
  state.open = false
  state.coolingUntil = 0
}

/** @param retryAfterMs How long the provider asks to be left alone. */
export function failed(
  state: DeploymentState,
  code: ErrorCode,
  measure: AttemptMeasure,
  now: number,
  retryAfterMs?: number,
): void {
  left(state, measure)
  const isFault = FAULTS.has(code)
  const isRefused = REFUSED.has(code)
  count(state, isFault, now)
  if (!isFault && !isRefused && code !== 'rate_limit') return
  state.lastError = { code, at: now }
  // Attempts that ran side by side fail side by side: together they are one piece of news.
  if (measure.startedAt < state.cooledAt) return
  if (code === 'rate_limit') {
    coolDown(state, retryAfterMs === undefined ? FIRST_COOLDOWN_MS : 0, now, retryAfterMs)
    return
  }
  if (isRefused) {
    coolDown(state, FIRST_OF_REFUSED_MS, now)
    return
  }
  if (now - state.failedAt > IN_A_ROW_WITHIN_MS) state.failures = 0
  state.failures += 1
  state.failedAt = now
  const often = state.faults >= FAULTS_OF_LATE && state.faults / state.attempts >= SHARE_OF_FAULTS
  // A probe that fails has had its chance.
  if (state.failures >= FAULTS_IN_A_ROW || often || state.open) coolDown(state, FIRST_COOLDOWN_MS, now, retryAfterMs)
}

/** The provider has said that it will take nothing more until then, in epoch milliseconds. */
export function limited(state: DeploymentState, until: number, now: number): void {
  state.coolingUntil = Math.max(state.coolingUntil, Math.min(until, now + LONGEST_COOLDOWN_MS))
}

/** Cooldowns that end within this time of each other are the same. */
export const SAME_COOLDOWN_MS = 500

/** So much later than the one that has set a deployment aside do others try it, if they have heard of no result. */
const FIRST_TRY_MS = 5_000

/** What another process has seen of a deployment. */
export interface Hearsay {
  /** Epoch milliseconds. */
  coolingUntil: number
  open: boolean
  strikes: number
  lastError: { code: ErrorCode; at: number } | undefined
  /** It is what this process has told itself. */
  isOwn: boolean
}

/**
 * It has been set aside. However long that is to be, it ends here as every
 * cooldown does; of all processes the one whose word holds tries it first.
 */
export function heard(state: DeploymentState, hearsay: Hearsay, now: number): void {
  const { coolingUntil, open, strikes, lastError, isOwn } = hearsay
  if (lastError && lastError.at > (state.lastError?.at ?? 0)) state.lastError = lastError
  state.strikes = Math.max(state.strikes, strikes)
  const until = Math.min(coolingUntil, now + LONGEST_COOLDOWN_MS)
  state.yieldsUntil = isOwn ? 0 : until + FIRST_TRY_MS
  if (until <= Math.max(state.coolingUntil, now) + SAME_COOLDOWN_MS) return
  state.coolingUntil = until
  if (!open) return
  state.open = true
  state.probing = false
  state.cooledAt = now
}

/** Another process has found it well again. */
export function healed(state: DeploymentState): void {
  state.failures = 0
  state.open = false
  state.probing = false
  state.coolingUntil = 0
}

/** Everything is forgotten but what runs. */
export function reset(state: DeploymentState): void {
  Object.assign(state, { ...newState(state.id), running: state.running })
}
