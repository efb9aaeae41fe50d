import { TurnoutError } from '../../core/error.ts'
import type { Chain, Leg } from './chain.ts'

/** One of two who are asked for the same answer. */
export interface Contender {
  readonly leg: Leg
  start(): void
  /** The other one has begun: it is let go of at once. */
  cancel(): void
}

/**
 * Asks a deployment, and one more if that has not begun in time. Whoever
 * begins first is the one who answers; a failure counts only when nobody else
 * is on the way.
 */
export class Contest<C extends Contender> {
  readonly #chain: Chain
  readonly #first: C
  readonly #enter: (leg: Leg) => C
  readonly #startedAt = performance.now()
  #second: C | undefined
  #timer: NodeJS.Timeout | undefined
  /** Which of two has failed or was left. */
  #out: C | undefined

  /** @param enter Makes what asks a deployment. @throws TurnoutError where that does not take the request */
  constructor(chain: Chain, leg: Leg, enter: (leg: Leg) => C) {
    this.#chain = chain
    this.#enter = enter
    this.#first = enter(leg)
  }

  /** @param delay Until another one is asked, in milliseconds. */
  start(delay: number): void {
    this.#chain.trail.onHeard = ({ id }) => {
      this.begins(this.#second?.leg.deployment.id === id ? this.#second : this.#first)
    }
    this.#timer = setTimeout(() => this.#hedge(), delay)
    try {
      this.#first.start()
    } catch (thrown) {
      this.#close()
      throw thrown
    }
  }

  /** Its answer has begun. False for one that was left. */
  begins(one: C): boolean {
    if (one === this.#out) return false
    this.#close()
    const other = this.#other(one)
    if (other === undefined || this.#out !== undefined) this.#chain.stay(one.leg)
    else {
      this.#out = other
      this.#chain.settle(one.leg, other.leg, performance.now() - this.#startedAt)
      other.cancel()
    }
    return true
  }

  /** It gives no answer. False where another one still may, or for one that was left. */
  fails(one: C, error: TurnoutError): boolean {
    if (one === this.#out) return false
    const other = this.#out === undefined ? this.#other(one) : undefined
    if (other === undefined) {
      this.#close()
      this.#chain.stay(one.leg)
      return true
    }
    // What the second one meets is not told while the first may still answer.
    if (this.#chain.goesOn(error, one.leg) || one === this.#second) {
      this.#out = one
      this.#chain.stay(other.leg)
      return false
    }
    this.#out = other
    this.#close()
    this.#chain.stay(one.leg)
    other.cancel()
    return true
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    this.#close()
    this.#first.cancel()
    this.#second?.cancel()
  }

  #hedge(): void {
    const leg = this.#chain.hedge()
    if (leg === undefined) return
    try {
      this.#second = this.#enter(leg)
      this.#second.start()
    } catch (thrown) {
      const error = TurnoutError.from(thrown)
      if (this.#second) this.fails(this.#second, error)
      else this.#chain.goesOn(error, leg)
    }
  }

  #other(one: C): C | undefined {
    return one === this.#first ? this.#second : this.#first
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#chain.trail.onHeard = undefined
  }
}
