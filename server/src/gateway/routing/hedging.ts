import type { Hedge } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import { type HedgeBudget, hedgeDelay } from '../../core/routing/hedge.ts'
import { isResting } from '../../core/routing/standing.ts'
import type { DeploymentHealth } from './health.ts'

/** What decides for one request whether a second deployment is asked while the first has not begun. */
export class Hedging {
  readonly #rule: Hedge
  readonly #budget: HedgeBudget
  readonly #health: DeploymentHealth
  readonly #streamed: boolean

  constructor(rule: Hedge, budget: HedgeBudget, health: DeploymentHealth, streamed: boolean) {
    this.#rule = rule
    this.#budget = budget
    this.#health = health
    this.#streamed = streamed
  }

  /** How long a deployment may take to begin, in milliseconds; undefined where nobody else is to be asked. */
  delay({ id }: Deployment): number | undefined {
    const state = this.#health.find(id)
    const sketch = this.#streamed ? state?.firstParts : state?.wholes
    return hedgeDelay(this.#rule, sketch, this.#health.now())
  }

  /** Nobody is asked twice as much for who is set aside, or for whom an operator has taken out. */
  mayAsk({ id }: Deployment): boolean {
    const state = this.#health.find(id)
    return state === undefined || (!state.drained && !isResting(state, this.#health.now()))
  }

  take(): boolean {
    return this.#budget.take()
  }

  /** One that was left because another began first would have taken this long at least. */
  outrun({ id }: Deployment, ms: number): void {
    this.#health.outrun(id, ms, this.#streamed)
  }
}
