import type { Deployment } from '../../core/deployment.ts'
import * as rules from '../../core/routing/cooldown.ts'
import { isResting } from '../../core/routing/standing.ts'
import type { AttemptObserver, AttemptVerdict } from '../metering.ts'
import { MemoryStore, type StateStore } from './store.ts'

export interface DeploymentHealthOptions {
  store?: StateStore
  /** Epoch milliseconds; tests have their own. */
  now?: () => number
}

/** Judges deployments by the attempts that are made anyway; it asks nobody and needs no timer. */
export class DeploymentHealth implements AttemptObserver {
  readonly #store: StateStore
  readonly now: () => number

  constructor({ store = new MemoryStore(), now = Date.now }: DeploymentHealthOptions = {}) {
    this.#store = store
    this.now = now
  }

  attemptBegan({ id }: Deployment): void {
    rules.began(this.#store.of(id), this.now())
  }

  attemptEnded({ id }: Deployment, verdict: AttemptVerdict): void {
    const state = this.#store.of(id)
    const { errorCode, retryAfterMs } = verdict
    if (errorCode === undefined) rules.succeeded(state, verdict, this.now())
    else if (errorCode === 'canceled') rules.left(state, verdict)
    else rules.failed(state, errorCode, verdict, this.now(), retryAfterMs)
  }

  limitReached({ id }: Deployment, until: number): void {
    rules.limited(this.#store.of(id), until, this.now())
  }

  of(id: string): rules.DeploymentState {
    return this.#store.of(id)
  }

  find(id: string): rules.DeploymentState | undefined {
    return this.#store.find(id)
  }

  isResting({ id }: Deployment): boolean {
    const state = this.#store.find(id)
    return state !== undefined && isResting(state, this.now())
  }

  /** From now on no pool chooses it, until it is reset. */
  drain(id: string): void {
    this.#store.of(id).drained = true
  }

  reset(id: string): void {
    const state = this.#store.find(id)
    if (state) rules.reset(state)
  }

  retain(ids: ReadonlySet<string>): void {
    this.#store.retain(ids)
  }
}

/** Tells several of every attempt. */
export const observers = (...all: readonly AttemptObserver[]): AttemptObserver => ({
  attemptBegan(deployment) {
    for (const each of all) each.attemptBegan(deployment)
  },
  attemptEnded(deployment, verdict) {
    for (const each of all) each.attemptEnded(deployment, verdict)
  },
  limitReached(deployment, until) {
    for (const each of all) each.limitReached(deployment, until)
  },
})
