import type { Deployment } from '../../core/deployment.ts'
import type { BoardEntry } from '../../core/routing/board.ts'
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
  #onChange: (state: rules.DeploymentState) => void = () => {}

  constructor({ store = new MemoryStore(), now = Date.now }: DeploymentHealthOptions = {}) {
    this.#store = store
    this.now = now
  }

  /** `listener` hears of every deployment that is set aside or found well again here. */
  onChange(listener: (state: rules.DeploymentState) => void): void {
    this.#onChange = listener
  }

  attemptBegan({ id }: Deployment): void {
    rules.began(this.#store.of(id), this.now())
  }

  attemptEnded({ id }: Deployment, verdict: AttemptVerdict): void {
    const state = this.#store.of(id)
    const { coolingUntil, open } = state
    const { errorCode, retryAfterMs } = verdict
    if (errorCode === undefined) rules.succeeded(state, verdict, this.now())
    else if (errorCode === 'canceled') rules.left(state, verdict)
    else rules.failed(state, errorCode, verdict, this.now(), retryAfterMs)
    if (state.coolingUntil !== coolingUntil || state.open !== open) this.#onChange(state)
  }

  /** An attempt was given up after so many milliseconds without a beginning, because another deployment had begun. */
  outrun(id: string, ms: number, streamed: boolean): void {
    rules.measured(this.#store.of(id), streamed, ms, this.now())
  }

  limitReached({ id }: Deployment, until: number): void {
    const state = this.#store.of(id)
    const { coolingUntil } = state
    rules.limited(state, until, this.now())
    if (state.coolingUntil !== coolingUntil) this.#onChange(state)
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

  /**
   * Takes in what other processes know of a deployment.
   *
   * @param before What they knew when it was last taken in.
   * @param isQuiet Nothing has happened here since that others have not been told.
   */
  hear(id: string, entry: BoardEntry, before: BoardEntry | undefined, isQuiet: boolean): void {
    const state = this.#store.of(id)
    if (entry.resets > (before?.resets ?? 0)) rules.reset(state)
    state.drained = entry.drained
    if (!isQuiet) return
    const { coolingUntil } = entry
    if (coolingUntil !== null) rules.heard(state, { ...entry, coolingUntil }, this.now())
    else if (before && before.coolingUntil !== null) rules.healed(state)
  }

  retain(ids: ReadonlySet<string>): void {
    this.#store.retain(ids)
  }
}

/** Tells several of every attempt. */
export const observers = (...all: readonly AttemptObserver[]): AttemptObserver => ({
  attemptBegan(deployment, turn) {
    for (const each of all) each.attemptBegan(deployment, turn)
  },
  attemptEnded(deployment, verdict) {
    for (const each of all) each.attemptEnded(deployment, verdict)
  },
  limitReached(deployment, until) {
    for (const each of all) each.limitReached(deployment, until)
  },
  settled(deployment, settled) {
    for (const each of all) each.settled?.(deployment, settled)
  },
  continued(deployment) {
    for (const each of all) each.continued?.(deployment)
  },
})
