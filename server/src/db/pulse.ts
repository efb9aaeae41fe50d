import type { Database } from './database.ts'

/** How often the database is asked whether it is there. */
const EVERY_MS = 1_000
/** After so long without an answer it is not. */
const PATIENCE_MS = 2_000

/** Knows whether the database answers, without asking it when somebody wants to know. */
export class DatabasePulse {
  readonly #database: Pick<Database, 'ping'>
  readonly #timer: NodeJS.Timeout
  #answered = true
  /** Since when it owes an answer, by the clock of `performance`; undefined where it owes none. */
  #asked: number | undefined

  constructor(database: Pick<Database, 'ping'>) {
    this.#database = database
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS).unref()
  }

  get answers(): boolean {
    const silentMs = this.#asked === undefined ? 0 : performance.now() - this.#asked
    return this.#answered && silentMs < PATIENCE_MS
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#asked !== undefined) return
    this.#asked = performance.now()
    try {
      await this.#database.ping()
      this.#answered = true
    } catch {
      this.#answered = false
    } finally {
      this.#asked = undefined
    }
  }
}
