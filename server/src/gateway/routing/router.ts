import type { Deployment } from '../../core/deployment.ts'
import type { Route } from '../../core/route.ts'
import { gradeOf, refusalOf, sentenceOf } from '../../core/routing/fits.ts'
import type { Needs } from '../../core/routing/needs.ts'
import { type Chosen, select } from '../../core/routing/select.ts'
import type { Standing } from '../../core/routing/standing.ts'
import { Chain, type Leg } from './chain.ts'
import type { Refused } from './failure.ts'
import type { DeploymentHealth } from './health.ts'
import { Trail } from './trail.ts'

/** Whether a route is a single model that nothing stands in for: there is nothing to choose. */
export const isSole = ({ candidates, pool }: Route): boolean => candidates.length === 1 && pool === undefined

/** The one deployment of such a route. */
export const soleDeployment = ({ candidates }: Route): Deployment => candidates[0]!.deployment

/** What is kept of a route as long as it lives. */
interface Memo {
  /** Those of its candidates, place by place. */
  standings: readonly Standing[]
  turn: number
}

/** Chooses among the deployments of a route for one request after the other. */
export class Router {
  readonly health: DeploymentHealth
  readonly #random: () => number
  readonly #memos = new WeakMap<Route, Memo>()

  constructor(health: DeploymentHealth, random: () => number = Math.random) {
    this.health = health
    this.#random = random
  }

  /** The deployments for a request, in their order. */
  chain(route: Route, needs: Needs, paidOnAcceptance = false): Chain {
    const memo = this.#memo(route)
    const chosen = this.#select(route, needs, memo)
    memo.turn += 1
    const { max, deadlineMs } = route.fallback
    const by = deadlineMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + deadlineMs
    const trail = new Trail(this.health, Math.min(chosen.length, max + 1) > 1, by)
    return new Chain({ route, chosen, trail, paidOnAcceptance, refused: () => this.refused(route, needs) })
  }

  /** The same without taking a turn. */
  preview(route: Route, needs: Needs): Chosen[] {
    return this.#select(route, needs, this.#memo(route))
  }

  /** Those members that are not chosen for a request, and why. */
  refused(route: Route, needs: Needs): Refused[] {
    const { standings } = this.#memo(route)
    const chosen = new Set(this.preview(route, needs).map(({ candidate }) => candidate))
    const passedOver = route.candidates.flatMap((candidate, place): Refused[] => {
      const deployment = candidate.deployment.id
      if (standings[place]!.drained) return [{ deployment, code: 'drained', reason: 'is drained' }]
      if (chosen.has(candidate)) return []
      const code = refusalOf(candidate, needs)
      if (code === undefined) return []
      const others = gradeOf(code) === 'bend' ? ' (others serve the request as it is)' : ''
      return [{ deployment, code, reason: sentenceOf(code, candidate, needs) + others }]
    })
    const unavailable = route.unavailable.map(({ model, reason }) => {
      return { deployment: model, code: 'unavailable', reason: `cannot be used: ${reason.replace(/\.$/, '')}` }
    })
    return [...passedOver, ...unavailable]
  }

  #select(route: Route, needs: Needs, { standings, turn }: Memo): Chosen[] {
    return select(route, needs, { standings, turn, now: this.health.now(), random: this.#random })
  }

  #memo(route: Route): Memo {
    let memo = this.#memos.get(route)
    if (memo === undefined) {
      memo = { standings: route.candidates.map(({ deployment }) => this.health.of(deployment.id)), turn: 0 }
      this.#memos.set(route, memo)
    }
    return memo
  }
}

/** What a leg is where there is nothing to choose. */
export const soleLeg = (route: Route): Leg => ({ deployment: soleDeployment(route), loss: undefined, trail: undefined })
