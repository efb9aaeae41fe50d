import { type Enrolled, Roster } from './roster.ts'

/** Something that must be done by a certain time, which may move. */
export interface Watched extends Enrolled {
  /** Epoch milliseconds. */
  readonly deadline: number
  onDeadline(now: number): void
}

const TICK_MS = 25

/**
 * One timer for all deadlines. A request moves its deadline with every chunk;
 * writing a number is free where re-arming a timer is not. Deadlines are met
 * within a tick, 25 ms.
 */
export class Watchdog {
  readonly #watched = new Roster<Watched>()
  #timer: NodeJS.Timeout | undefined

  add(watched: Watched): void {
    this.#watched.add(watched)
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched)
  }

  #tick(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const now = Date.now()
    this.#watched.forEach((watched) => {
      if (watched.deadline <= now) watched.onDeadline(now)
    })
  }
}
