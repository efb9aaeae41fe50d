import type { Strategy } from '@turnout/contract'
import type { Candidate } from '../route.ts'
import { expectedCost } from './cost.ts'
import type { Needs } from './needs.ts'
import { hashOf, lotOf } from './rendezvous.ts'
import { MEASURE_LASTS_MS, type Standing } from './standing.ts'

/** What a strategy chooses by. `standings` are those of `candidates`, place by place. */
export interface Choice {
  candidates: readonly Candidate[]
  standings: readonly Standing[]
  needs: Needs
  /** Epoch milliseconds. */
  now: number
  /** A number in [0, 1). */
  random(): number
  /** How many requests the route has had. */
  turn: number
  /** What the request belongs to; undefined where it stands for itself. */
  session?: string | undefined
  /** How many are wanted; what comes after them is left out. */
  limit: number
}

/** The places with the smallest keys, in order; among equals the order stays. Linear while few are wanted of many. */
export function smallest(places: readonly number[], key: (place: number) => number, limit: number): number[] {
  const chosen: number[] = []
  const keys: number[] = []
  for (const place of places) {
    const value = key(place)
    if (chosen.length === limit && value >= keys[limit - 1]!) continue
    let at = chosen.length
    while (at > 0 && keys[at - 1]! > value) at -= 1
    chosen.splice(at, 0, place)
    keys.splice(at, 0, value)
    if (chosen.length > limit) {
      chosen.pop()
      keys.pop()
    }
  }
  return chosen
}

/** A wheel on which each place has as much room as it has weight. */
function wheelOf(places: readonly number[], candidates: readonly Candidate[]): Float64Array {
  const wheel = new Float64Array(places.length)
  let sum = 0
  for (let at = 0; at < places.length; at += 1) {
    sum += candidates[places[at]!]!.weight
    wheel[at] = sum
  }
  return wheel
}

/** Where on the wheel a point lies: the first room that ends after it. */
function spin(wheel: Float64Array, point: number): number {
  let low = 0
  let high = wheel.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (wheel[middle]! > point) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Drawn by weight without replacement. Those of weight 0 come last, in order.
 * A wheel is made anew only when it stops where it has stopped before: of many
 * members few are drawn.
 */
function weighted(places: readonly number[], { candidates, random, limit }: Choice): number[] {
  const drawn = new Set<number>()
  let rest = places
  let wheel = wheelOf(rest, candidates)
  while (drawn.size < limit) {
    const sum = wheel.at(-1) ?? 0
    if (sum === 0) break
    const place = rest[spin(wheel, random() * sum)]!
    if (drawn.has(place)) {
      rest = rest.filter((each) => !drawn.has(each))
      wheel = wheelOf(rest, candidates)
    } else drawn.add(place)
  }
  for (const place of places) {
    if (drawn.size === limit) break
    drawn.add(place)
  }
  return [...drawn]
}

function roundRobin(places: readonly number[], { turn, limit }: Choice): number[] {
  const from = turn % places.length
  return [...places.slice(from), ...places.slice(0, from)].slice(0, limit)
}

/**
 * The fastest first. One that has not been measured of late goes before them,
 * unless one such is being measured just now: then all of them go last.
 */
function lowestLatency(places: readonly number[], { standings, needs, now, limit }: Choice): number[] {
  const latency = (place: number): number => {
    const { firstPartMs, wholeMs, measuredAt } = standings[place]!
    if (now - measuredAt > MEASURE_LASTS_MS) return Number.NaN
    const [own, other] = needs.streamed ? [firstPartMs, wholeMs] : [wholeMs, firstPartMs]
    return Number.isNaN(own) ? other : own
  }
  let measuring = false
  for (const place of places) {
    if (standings[place]!.running > 0 && Number.isNaN(latency(place))) measuring = true
  }
  const unmeasured = measuring ? Number.POSITIVE_INFINITY : -1
  const key = (place: number): number => {
    const value = latency(place)
    return Number.isNaN(value) ? unmeasured : value
  }
  return smallest(places, key, limit)
}

const STRATEGIES: Readonly<Record<Strategy, (places: readonly number[], choice: Choice) => number[]>> = {
  priority: (places, { limit }) => places.slice(0, limit),
  weighted,
  'round-robin': roundRobin,
  'lowest-latency': lowestLatency,
  'lowest-cost': (places, { candidates, needs, limit }) => smallest(places, expectedCost(candidates, needs), limit),
  'least-busy': (places, { standings, limit }) => smallest(places, (place) => standings[place]!.running, limit),
}

/** What these prefer is the same for every request, or a matter of money: a session does not change it. */
const OF_THEIR_OWN_MIND: ReadonlySet<Strategy> = new Set(['priority', 'lowest-cost'])

/** Whether a session takes the place of a strategy, which would send each of its requests elsewhere. */
export const isBySession = (strategy: Strategy, session: string | undefined): session is string =>
  session !== undefined && !OF_THEIR_OWN_MIND.has(strategy)

/** The order that a session has for itself; by weight where the pool goes by weight. */
function bySession(strategy: Strategy, session: string, places: readonly number[], choice: Choice): number[] {
  const { candidates, limit } = choice
  const key = hashOf(session)
  const lot = (place: number): number => {
    const { deployment, weight } = candidates[place]!
    return lotOf(key, hashOf(deployment.id), strategy === 'weighted' ? weight : 1)
  }
  return smallest(places, lot, limit)
}

/** The places of candidates in the order in which a strategy, or a session, asks them. */
export function arrange(strategy: Strategy, places: readonly number[], choice: Choice): number[] {
  if (places.length === 0) return []
  const { session } = choice
  return isBySession(strategy, session)
    ? bySession(strategy, session, places, choice)
    : STRATEGIES[strategy](places, choice)
}
