import type { Fate } from './faults.ts'
import { freshId } from './random.ts'

export type TaskState = 'pending' | 'done' | 'moderated' | 'failed' | 'canceled'

/** Work that a provider accepted and finishes later. */
export interface Task<Work = unknown> {
  id: string
  provider: string
  /** What the provider needs to describe and to deliver it. */
  work: Work
  fate: Fate | undefined
  /** How often its state was asked for, and how often it answers that it is not done. */
  polls: number
  pendingPolls: number
  canceled: boolean
  /** It is done however seldom it was asked for: who is called back need not ask. */
  ended: boolean
  /** Milliseconds since 1970. */
  createdAt: number
}

const MAX_TASKS = 10_000

/** Submitted work by id. Time is counted in polls, so that tests need no clock. */
export class Tasks {
  readonly #tasks = new Map<string, Task>()
  readonly #pendingPolls: number

  /** @param pendingPolls how often a task says that it is pending before it is done */
  constructor(pendingPolls: number) {
    this.#pendingPolls = pendingPolls
  }

  submit<Work>(provider: string, work: Work, fate: Fate | undefined, id = freshId('', 24)): Task<Work> {
    const pendingPolls = fate?.kind === 'late-success' ? fate.polls : this.#pendingPolls
    const task: Task<Work> = {
      id,
      provider,
      work,
      fate,
      polls: 0,
      pendingPolls,
      canceled: false,
      ended: false,
      createdAt: Date.now(),
    }
    this.#tasks.set(id, task)
    if (this.#tasks.size > MAX_TASKS) {
      const [oldest] = this.#tasks.keys()
      if (oldest !== undefined) this.#tasks.delete(oldest)
    }
    return task
  }

  /** The task of this provider; `Work` is what the same provider submitted. */
  find<Work>(provider: string, id: string): Task<Work> | undefined {
    const task = this.#tasks.get(id)
    return task?.provider === provider ? (task as Task<Work>) : undefined
  }

  /** The state of a task as one more poll sees it. */
  poll(task: Task): TaskState {
    task.polls++
    return this.state(task)
  }

  /** The state of a task without counting a poll. */
  state(task: Task): TaskState {
    if (task.canceled) return 'canceled'
    if (!task.ended && task.polls <= task.pendingPolls) return 'pending'
    if (task.fate?.kind === 'moderated') return 'moderated'
    return task.fate?.kind === 'failed-task' ? 'failed' : 'done'
  }

  clear(): void {
    this.#tasks.clear()
  }
}
