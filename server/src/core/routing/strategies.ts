import type { Strategy } from '@turnout/contract'
import type { Candidate } from '../route.ts'
import { expectedCost } from './cost.ts'
import type { Needs } from './needs.ts'
import { evenLotOf, hashOf, lotOf } from './rendezvous.ts'
import { rosterOf } from './roster.ts'
import { room, smallest, smallestBy } from './smallest.ts'
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

/** A wheel on which each place has as much room as it has weight. */
function wheelOf(places: readonly number[], weights: Float64Array): Float64Array {
  const wheel = new Float64Array(places.length)
  let sum = 0
  for (let at = 0; at < places.length; at += 1) {
    sum += weights[places[at]!]!
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
  const { weights } = rosterOf(candidates)
  let rest = places
  let wheel = wheelOf(rest, weights)
  while (drawn.size < limit) {
    const sum = wheel.at(-1) ?? 0
    if (sum === 0) break
    const place = rest[spin(wheel, random() * sum)]!
    if (drawn.has(place)) {
      rest = rest.filter((each) => !drawn.has(each))
      wheel = wheelOf(rest, weights)
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
  const first = places.slice(from, from + limit)
  return first.concat(places.slice(0, Math.min(from, limit - first.length)))
}

/** Comes before every latency. */
const UNMEASURED = -1

/**
 * The fastest first. One that has not been measured of late goes before them,
 * unless one such is being measured just now: then all of them go last.
 */
function lowestLatency(places: readonly number[], { standings, needs, now, limit }: Choice): number[] {
  const latency = (standing: Standing): number => {
    if (now - standing.measuredAt > MEASURE_LASTS_MS) return Number.NaN
    const own = needs.streamed ? standing.firstPartMs : standing.wholeMs
    return Number.isNaN(own) ? (needs.streamed ? standing.wholeMs : standing.firstPartMs) : own
  }
  const latencies = room(places.length)
  let measuring = false
  for (let at = 0; at < places.length; at += 1) {
    const standing = standings[places[at]!]!
    const value = latency(standing)
    const isUnmeasured = Number.isNaN(value)
    latencies[at] = isUnmeasured ? UNMEASURED : value
    measuring ||= isUnmeasured && standing.running > 0
  }
  if (measuring) {
    for (let at = 0; at < places.length; at += 1) {
      if (latencies[at] === UNMEASURED) latencies[at] = Number.POSITIVE_INFINITY
    }
  }
  return smallest(places, latencies, limit, UNMEASURED)
}

const STRATEGIES: Readonly<Record<Strategy, (places: readonly number[], choice: Choice) => number[]>> = {
  priority: (places, { limit }) => places.slice(0, limit),
  weighted,
  'round-robin': roundRobin,
  'lowest-latency': lowestLatency,
  'lowest-cost': (places, { candidates, needs, limit }) =>
    smallestBy(places, expectedCost(candidates, needs), limit, 0),
  'least-busy': (places, { standings, limit }) => smallestBy(places, (place) => standings[place]!.running, limit, 0),
}

/** What these prefer is the same for every request, or a matter of money: a session does not change it. */
const OF_THEIR_OWN_MIND: ReadonlySet<Strategy> = new Set(['priority', 'lowest-cost'])

/** Whether a session takes the place of a strategy, which would send each of its requests elsewhere. */
export const isBySession = (strategy: Strategy, session: string | undefined): session is string =>
  session !== undefined && !OF_THEIR_OWN_MIND.has(strategy)

/** The order that a session has for itself; by weight where the pool goes by weight. */
function bySession(strategy: Strategy, session: string, places: readonly number[], choice: Choice): number[] {
  const { candidates, limit } = choice
  const { hashes, weights } = rosterOf(candidates)
  const key = hashOf(session)
  const lots = room(places.length)
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at]!
    const hash = hashes[place]!
    lots[at] = strategy === 'weighted' ? lotOf(key, hash, weights[place]!) : evenLotOf(key, hash)
  }
  return smallest(places, lots, limit)
}

/** The places of candidates in the order in which a strategy, or a session, asks them. */
export function arrange(strategy: Strategy, places: readonly number[], choice: Choice): number[] {
  if (places.length === 0) return []
  const { session } = choice
  return isBySession(strategy, session)
    ? bySession(strategy, session, places, choice)
    : STRATEGIES[strategy](places, choice)
}
