import type { Deployment } from '../../core/deployment.ts'
import type { Route } from '../../core/route.ts'
import { gradeOf, refusalOf, sentenceOf } from '../../core/routing/fits.ts'
import { HedgeBudget } from '../../core/routing/hedge.ts'
import type { Needs } from '../../core/routing/needs.ts'
import { type Chosen, select } from '../../core/routing/select.ts'
import type { Standing } from '../../core/routing/standing.ts'
import { Chain, type Leg } from './chain.ts'
import type { Refused } from './failure.ts'
import type { DeploymentHealth } from './health.ts'
import { Hedging } from './hedging.ts'
import { logSelection, type SelectionLog } from './selection-log.ts'
import { Trail } from './trail.ts'

/** Whether a route is a single model that nothing stands in for: there is nothing to choose. */
export const isSole = ({ candidates, pool }: Route): boolean => candidates.length === 1 && pool === undefined

/** The one deployment of such a route. */
export const soleDeployment = ({ candidates }: Route): Deployment => candidates[0]!.deployment

/** What a choice depends on besides what the request needs. */
export interface About {
  /** Paid for as soon as a provider accepts it. */
  paidOnAcceptance?: boolean | undefined
  /** Requests of one session go to the same deployment while that is well. */
  session?: string | undefined
  /** For the log. */
  requestId?: string | undefined
}

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
  readonly #log: SelectionLog | undefined
  /** By pool: routes are made anew with every change of the configuration. */
  readonly #budgets = new Map<string, HedgeBudget>()
  readonly #memos = new WeakMap<Route, Memo>()

  /** @param log Hears of every choice, at its level debug. */
  constructor(health: DeploymentHealth, random: () => number = Math.random, log?: SelectionLog) {
    this.health = health
    this.#random = random
    this.#log = log
  }

  /** The deployments for a request, in their order. */
  chain(route: Route, needs: Needs, about: About = {}): Chain {
    const memo = this.#memo(route)
    const { session, paidOnAcceptance = false } = about
    const chosen = this.#select(route, needs, memo, session)
    memo.turn += 1
    if (this.#log?.isLevelEnabled('debug')) {
      const skipped = this.refused(route, needs)
      logSelection(this.#log, { route, about, chosen, skipped, health: this.health })
    }
    const { max, deadlineMs } = route.fallback
    const by = deadlineMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + deadlineMs
    const { assignment, fallback } = route
    const several = Math.min(chosen.length, max + 1) > 1
    const trail = new Trail(this.health, several, by, { assignment, refusesEmpty: fallback.on.empty_output })
    const hedging = paidOnAcceptance ? undefined : this.#hedging(route, needs)
    return new Chain({ route, chosen, trail, paidOnAcceptance, hedging, refused: () => this.refused(route, needs) })
  }

  /** The same without taking a turn. */
  preview(route: Route, needs: Needs, session?: string): Chosen[] {
    return this.#select(route, needs, this.#memo(route), session)
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

  #hedging({ hedge, pool, name }: Route, { streamed }: Needs): Hedging | undefined {
    if (hedge === undefined) return undefined
    const key = pool ?? name
    const budget = this.#budgets.get(key) ?? new HedgeBudget()
    this.#budgets.set(key, budget)
    budget.earn(hedge.budget)
    return new Hedging(hedge, budget, this.health, streamed)
  }

  #select(route: Route, needs: Needs, { standings, turn }: Memo, session: string | undefined): Chosen[] {
    return select(route, needs, { standings, turn, session, now: this.health.now(), random: this.#random })
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
