import { DEFAULT_TIMEOUTS, type Deployment } from '../../core/deployment.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { RefusalCode } from '../../core/routing/fits.ts'
import type { Chosen } from '../../core/routing/select.ts'
import { isContextWindow, isSurelyUnmade, triggerOf } from '../../core/routing/triggers.ts'
import { noneFits, type Refused, withAttempts } from './failure.ts'
import type { Trail } from './trail.ts'

/** A deployment whose turn it is. */
export interface Leg {
  deployment: Deployment
  /** What of the request has to be given up for it. */
  loss: RefusalCode | undefined
  /** Absent where nothing stands in for the deployment. */
  trail: Trail | undefined
}

/** How long the first content may take while somebody else could be asked. */
const FIRST_PART_MS = 15_000

const hasty = new WeakMap<Deployment, Deployment>()

/**
 * The deployment, with less patience where nobody has said how long it may
 * take to begin: somebody else could.
 */
function inHaste(deployment: Deployment): Deployment {
  const { timeouts, model } = deployment
  if (timeouts.firstPartMs !== DEFAULT_TIMEOUTS.firstPartMs || model.timeouts.firstPartMs !== undefined) {
    return deployment
  }
  let other = hasty.get(deployment)
  if (other === undefined) {
    other = { ...deployment, timeouts: { ...timeouts, firstPartMs: FIRST_PART_MS } }
    hasty.set(deployment, other)
  }
  return other
}

export interface ChainPlan {
  route: Route
  /** In the order in which they are asked. */
  chosen: readonly Chosen[]
  trail: Trail
  /** Paid for as soon as the provider accepts it: what may have been made is not ordered again. */
  paidOnAcceptance: boolean
  /** Those that were not chosen, and why; asked for only when nobody could be asked. */
  refused(): Refused[]
}

/** The deployments of one request, one after the other, and what is told when all have failed. */
export class Chain {
  readonly trail: Trail
  /** How many deployments have failed and were left for another one. */
  fallbacks = 0
  readonly #plan: ChainPlan
  readonly #asked = new Set<string>()
  #at = -1
  /** How many attempts there had been when the current deployment had its turn. */
  #before = 0
  #first: TurnoutError | undefined
  #last: TurnoutError | undefined
  readonly #unfit: { refused: Refused; error: TurnoutError }[] = []
  /** A conversation was too long for a context of so many tokens. */
  #tooSmall = 0

  constructor(plan: ChainPlan) {
    this.#plan = plan
    this.trail = plan.trail
  }

  /** Whose turn it is; undefined when there is nobody left, or no time. */
  next(): Leg | undefined {
    const { chosen, route } = this.#plan
    if (this.fallbacks > route.fallback.max || (this.#asked.size > 0 && Date.now() >= this.trail.by)) return undefined
    for (this.#at += 1; this.#at < chosen.length; this.#at += 1) {
      const { candidate, loss } = chosen[this.#at]!
      const { deployment } = candidate
      if (this.#asked.has(deployment.id)) continue
      if ((deployment.model.limits.contextTokens ?? Number.POSITIVE_INFINITY) <= this.#tooSmall) continue
      this.#asked.add(deployment.id)
      this.#before = this.trail.attempts
      const isLast = this.fallbacks >= route.fallback.max || this.#at === chosen.length - 1
      return { deployment: isLast ? deployment : inHaste(deployment), loss, trail: this.trail }
    }
    return undefined
  }

  /** Whether a failure of the one whose turn it was leads on to the next one. Nothing of its answer has been shown. */
  goesOn(error: TurnoutError): boolean {
    const { route, chosen, paidOnAcceptance } = this.#plan
    const { deployment } = chosen[this.#at]!.candidate
    if (this.trail.attempts === this.#before) {
      // It was not called: it does not take such a request, which its own check alone could tell.
      if (error.code === 'capability_missing' || error.code === 'invalid_input') {
        const refused = { deployment: deployment.id, code: error.code, reason: `refuses it: ${error.message}` }
        this.#unfit.push({ refused, error })
        return true
      }
      this.#last = error
      return false
    }
    this.#first ??= error
    const trigger = triggerOf(error)
    const isOn = error.code === 'capability_missing' || (trigger !== undefined && route.fallback.on[trigger])
    if (!isOn || (paidOnAcceptance && !isSurelyUnmade(error))) {
      this.#last = error
      return false
    }
    if (isContextWindow(error)) this.#tooSmall = deployment.model.limits.contextTokens ?? 0
    this.fallbacks += 1
    return true
  }

  /**
   * What is told in the end: the failure that nobody else could make good,
   * else the first one, with what became of every attempt.
   */
  failure(): TurnoutError {
    const error = this.#last ?? this.#first
    if (error !== undefined) {
      // Nobody is left to be told.
      return error.code === 'canceled' ? error : withAttempts(error, this.trail.failures)
    }
    const [first] = this.#unfit
    if (first && this.#unfit.every(({ error }) => error.code === 'invalid_input')) return first.error
    return noneFits(this.#plan.route, [...this.#unfit.map(({ refused }) => refused), ...this.#plan.refused()])
  }
}
