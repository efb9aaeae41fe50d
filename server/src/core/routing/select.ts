import type { Candidate, Route } from '../route.ts'
import { gradeOf, type RefusalCode, refusalOf } from './fits.ts'
import type { Needs } from './needs.ts'
import { rosterOf } from './roster.ts'
import { smallestBy } from './smallest.ts'
import { isResting, restUntil } from './standing.ts'
import { arrange, type Choice } from './strategies.ts'

/** A candidate in its turn. */
export interface Chosen {
  candidate: Candidate
  /** What of the request has to be given up for it; undefined where it serves all of it. */
  loss: RefusalCode | undefined
}

/** Among so few all are put in order; among more those alone that can have their turn. */
const ALL_UP_TO = 64

/** What a choice depends on besides the route and the request. */
export type Circumstances = Pick<Choice, 'standings' | 'now' | 'random' | 'turn' | 'session'>

/**
 * The candidates of a route in the order in which they are to be asked.
 * Those that serve the whole request come first, by the route's strategy or
 * as their session has it.
 * Those that serve it in another way take part where nobody serves it as it is,
 * or where route or request allow degradation, and those that give something of it
 * up only in the latter case. Those that cool down come last, the soonest back
 * first: the least bad is asked rather than nobody. Drained ones are left out.
 */
export function select(route: Route, needs: Needs, circumstances: Circumstances): Chosen[] {
  const { candidates, fallback, strategy } = route
  const degrade = needs.degrade ?? route.degrade
  const { standings, now } = circumstances
  const whole: number[] = []
  const bent: number[] = []
  const lesser: number[] = []
  const resting: number[] = []
  let wholeAll = 0
  const losses = new Map<number, RefusalCode>()
  const { kinds, kindOf } = rosterOf(candidates)
  const codes = kinds.map((candidate) => refusalOf(candidate, needs))
  for (let place = 0; place < candidates.length; place += 1) {
    const standing = standings[place]!
    if (standing.drained) continue
    const code = codes[kindOf[place]!]
    if (code !== undefined) {
      const grade = gradeOf(code)
      if (grade === 'bend') bent.push(place)
      else if (grade === 'loss' && degrade) {
        losses.set(place, code)
        lesser.push(place)
      }
      continue
    }
    wholeAll += 1
    if (isResting(standing, now)) resting.push(place)
    else whole.push(place)
  }
  const limit = candidates.length <= ALL_UP_TO ? candidates.length : 2 * (fallback.max + 1)
  const choice: Choice = { ...circumstances, candidates, needs, limit }
  const inOrder = arrange(strategy, whole, choice)
  const addAwake = (places: number[]) => {
    const awake = places.filter((place) => !isResting(standings[place]!, now))
    for (const place of places) if (isResting(standings[place]!, now)) resting.push(place)
    inOrder.push(...arrange(strategy, awake, choice))
  }
  if (bent.length > 0 && (degrade || wholeAll === 0)) addAwake(bent)
  if (lesser.length > 0) addAwake(lesser)
  if (resting.length > 0) inOrder.push(...smallestBy(resting, (place) => restUntil(standings[place]!, now), limit))
  return inOrder.map((place) => ({ candidate: candidates[place]!, loss: losses.get(place) }))
}
