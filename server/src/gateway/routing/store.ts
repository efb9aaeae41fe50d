import { type DeploymentState, newState } from '../../core/routing/cooldown.ts'

/**
 * Where the states of deployments are kept. A state is read and changed in
 * place: who shares them between processes brings in what the others saw.
 */
export interface StateStore {
  /** The state of a deployment; a new one where nothing is known of it. */
  of(id: string): DeploymentState
  /** The same, where something is known. */
  find(id: string): DeploymentState | undefined
  /** Forgets all deployments but these. */
  retain(ids: ReadonlySet<string>): void
}

/** The states of one process. */
export class MemoryStore implements StateStore {
  readonly #states = new Map<string, DeploymentState>()

  of(id: string): DeploymentState {
    let state = this.#states.get(id)
    if (state === undefined) {
      state = newState(id)
      this.#states.set(id, state)
    }
    return state
  }

  find(id: string): DeploymentState | undefined {
    return this.#states.get(id)
  }

  retain(ids: ReadonlySet<string>): void {
    // What an operator has taken out stays so when it comes back.
    for (const [id, { running, drained }] of this.#states) {
      if (!ids.has(id) && running === 0 && !drained) this.#states.delete(id)
    }
  }
}
