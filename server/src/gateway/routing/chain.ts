import type { Hedged } from '@turnout/contract'
import { DEFAULT_TIMEOUTS, type Deployment } from '../../core/deployment.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { RefusalCode } from '../../core/routing/fits.ts'
import type { Chosen } from '../../core/routing/select.ts'
import { isContextWindow, isSurelyUnmade, triggerOf } from '../../core/routing/triggers.ts'
import { reasonsOf } from '../../core/validation/failure.ts'
import { noneFits, type Refused, withAttempts } from './failure.ts'
import type { DeploymentHealth } from './health.ts'
import type { Hedging } from './hedging.ts'
import { Trail } from './trail.ts'

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
  /** There is nothing to choose: the failure is told as it is. */
  sole?: boolean
  /** Present where a second one may be asked while the first has not begun. */
  hedging?: Hedging | undefined
}

/** Whose turn it is to go on with an answer that broke off, and how long to wait before, in milliseconds. */
export interface Succession {
  leg: Leg
  waitMs: number
}

/** The chain of a route with nothing to choose. */
export const soleChain = (route: Route, health: DeploymentHealth): Chain =>
  new Chain({
    route,
    chosen: [{ candidate: route.candidates[0]!, loss: undefined }],
    trail: new Trail(health, false, Number.POSITIVE_INFINITY),
    paidOnAcceptance: false,
    refused: () => [],
    sole: true,
  })

/** The deployments of one request, one after the other, and what is told when all have failed. */
export class Chain {
  readonly trail: Trail
  /** How many deployments have failed and were left for another one. */
  fallbacks = 0
  readonly #plan: ChainPlan
  readonly #asked = new Set<string>()
  #at = -1
  #leg: Leg | undefined
  /** Who was asked besides another one. */
  #hedge: Leg | undefined
  /** How many were asked in vain because another one was first. */
  #outrun = 0
  #repeated = false
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
    if (this.#left > route.fallback.max || (this.#asked.size > 0 && Date.now() >= this.trail.by)) return undefined
    for (this.#at += 1; this.#at < chosen.length; this.#at += 1) {
      const { candidate, loss } = chosen[this.#at]!
      const { deployment } = candidate
      if (!this.#isOpenTo(deployment)) continue
      this.#asked.add(deployment.id)
      this.#before = this.trail.attempts
      const isLast = this.#left >= route.fallback.max || this.#at === chosen.length - 1
      this.#leg = { deployment: isLast ? deployment : inHaste(deployment), loss, trail: this.trail }
      return this.#leg
    }
    return undefined
  }

  /** How long the one whose turn it is may take to begin until another one is asked besides, in milliseconds. */
  get hedgeDelay(): number | undefined {
    const { hedging } = this.#plan
    return hedging === undefined || this.#hedge ? undefined : hedging.delay(this.#leg!.deployment)
  }

  /** Who is asked besides the one whose turn it is; undefined where nobody else may be. */
  hedge(): Leg | undefined {
    const { hedging, chosen, route } = this.#plan
    if (hedging === undefined || this.#left >= route.fallback.max || Date.now() >= this.trail.by) return undefined
    const next = chosen.find(
      ({ candidate: { deployment }, loss }) =>
        loss === undefined && this.#isOpenTo(deployment) && hedging.mayAsk(deployment),
    )
    if (next === undefined || !hedging.take()) return undefined
    const { deployment } = next.candidate
    this.#asked.add(deployment.id)
    this.#hedge = { deployment, loss: undefined, trail: this.trail }
    return this.#hedge
  }

  /** Whether it was the one asked besides that answered; undefined where nobody was. */
  get hedged(): Hedged | undefined {
    return this.#hedge && (this.#hedge === this.#leg ? 'won' : 'lost')
  }

  /** From here on it is the turn of one of two who were asked. */
  stay(leg: Leg): void {
    this.#leg = leg
  }

  /** One of two has begun so many milliseconds after the first was asked; the other one is left. */
  settle(winner: Leg, loser: Leg, ms: number): void {
    this.stay(winner)
    if (winner === this.#hedge) {
      this.fallbacks += 1
      this.#plan.hedging!.outrun(loser.deployment, ms)
    } else this.#outrun += 1
  }

  /**
   * Whether a failure of the one whose turn it was, or of another one that was
   * asked besides, leads on. Nothing of its answer has been shown.
   */
  goesOn(error: TurnoutError, { deployment }: Leg = this.#leg!): boolean {
    const { route, paidOnAcceptance, sole } = this.#plan
    if (sole) {
      this.#last = error
      return false
    }
    if (!this.#wasCalled(deployment)) {
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
    this.trail.explain(deployment, reasonsOf(error))
    const trigger = triggerOf(error)
    const isOn = error.code === 'capability_missing' || (trigger !== undefined && route.fallback.on[trigger])
    if (!isOn || (paidOnAcceptance && !isSurelyUnmade(error))) {
      this.#last = error
      return false
    }
    if (isContextWindow(error)) this.#tooSmall = deployment.model.limits.contextTokens ?? 0
    this.fallbacks += 1
    // Another one that was asked besides may have met what nobody makes good.
    return this.#last === undefined
  }

  /** Whether somebody could go on if the answer of the one whose turn it is broke off. */
  get hasSuccessor(): boolean {
    const { chosen, route } = this.#plan
    if (this.#at < chosen.length - 1 && this.#left < route.fallback.max) return true
    return this.#mayRepeat && this.#leg!.deployment.retry.maxRetries > 0
  }

  /**
   * Who goes on with an answer that broke off when its beginning had been
   * shown: the next one; where there is no other one, the same once more.
   *
   * @param error Undefined where the answer was not the one that had been begun.
   * @param isFirst The error broke the answer off; a later one failed to go on with it.
   */
  succession(error: TurnoutError | undefined, isFirst: boolean): Succession | undefined {
    if (error && !this.#isWorthwhile(error, isFirst)) return undefined
    const failed = this.#leg!
    this.fallbacks += 1
    const leg = this.next()
    if (leg) return { leg, waitMs: 0 }
    this.fallbacks -= 1
    if (!error || !this.#mayRepeat) return undefined
    this.#repeated = true
    const waitMs = this.trail.pause(failed.deployment, error, this.trail.attempts - 1)
    return waitMs === null ? undefined : { leg: failed, waitMs }
  }

  /** How many were asked and have had their chance. */
  get #left(): number {
    return this.fallbacks + this.#outrun
  }

  #isOpenTo({ id, model }: Deployment): boolean {
    return !this.#asked.has(id) && (model.limits.contextTokens ?? Number.POSITIVE_INFINITY) > this.#tooSmall
  }

  #wasCalled({ id }: Deployment): boolean {
    if (this.#hedge === undefined) return this.trail.attempts > this.#before
    return this.trail.failures.some(({ deployment }) => deployment === id)
  }

  /** No other one has been asked, nor this one for a second time after an answer of its own broke off. */
  get #mayRepeat(): boolean {
    return this.#asked.size === 1 && !this.#repeated
  }

  #isWorthwhile(error: TurnoutError, isFirst: boolean): boolean {
    if (error.code === 'canceled') return false
    const trigger = triggerOf(error)
    // Whoever does not take the request as it is may be followed by one who does.
    return trigger === undefined ? !isFirst : this.#plan.route.fallback.on[trigger]
  }

  /**
   * What is told in the end: the failure that nobody else could make good,
   * else the first one, with what became of every attempt.
   */
  failure(): TurnoutError {
    const error = this.#last ?? this.#first
    if (error && this.#plan.sole) return error
    if (error !== undefined) {
      // Nobody is left to be told.
      return error.code === 'canceled' ? error : withAttempts(error, this.trail.failures)
    }
    const [first] = this.#unfit
    if (first && this.#unfit.every(({ error }) => error.code === 'invalid_input')) return first.error
    return noneFits(this.#plan.route, [...this.#unfit.map(({ refused }) => refused), ...this.#plan.refused()])
  }
}
