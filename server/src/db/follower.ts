import { within } from '../lib/within.ts'
import type { Database, Log } from './database.ts'

const POLL_MS = 2_000
/** A database that swallows a question must not hold back whoever waits for the answer. */
const ANSWER_MS = 3_000

export interface FollowerOptions {
  database: Database
  log: Log
  /** Carries word of a change to all processes. */
  channel: string
  /** What is followed, for the log. */
  subject: string
  /** Reads what may have changed; resolves to whether anything did. One that runs in vain should cost next to nothing. */
  read(): Promise<boolean>
  /** The database has stopped to answer. Whoever shows that needs to be told of it as of a change. */
  onDown?(error: unknown): void
  /** It answers again. */
  onUp?(): void
}

/**
 * Follows a part of the database by notifications and, in case one is missed,
 * by a poll. Reads take turns. While the database is down, whoever follows
 * keeps what it has.
 */
export class Follower {
  readonly #options: FollowerOptions
  #queue: Promise<boolean> = Promise.resolve(false)
  #listening: Promise<() => Promise<void>> | undefined
  #timer: NodeJS.Timeout | undefined
  #onChange: () => void = () => {}
  #isDown = false
  #closed = false

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** `onChange` is called whenever something has changed. */
  follow(onChange: () => void): void {
    this.#onChange = onChange
    this.#timer = setInterval(() => void this.#refreshAndTell(), POLL_MS).unref()
  }

  /** Reads what may have changed; the answer is whether anything did. Never rejects. */
  refresh(): Promise<boolean> {
    this.#queue = this.#queue.then(() => this.#refresh())
    return this.#queue
  }

  /** Tells others of a change, and reads it back. Whoever does not hear of it finds out by the poll. */
  async announce(): Promise<void> {
    const { database, channel, log, subject } = this.#options
    await database.notify(channel).catch((error: unknown) => {
      log.warn({ err: error }, `${subject}: a change could not be announced`)
    })
    await this.refresh()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#queue
    try {
      const unlisten = await this.#listening
      await unlisten?.()
    } catch (error) {
      this.#options.log.warn({ err: error }, `${this.#options.subject}: could not stop listening`)
    }
  }

  async #refreshAndTell(): Promise<void> {
    if ((await this.refresh()) && !this.#closed) this.#onChange()
  }

  async #refresh(): Promise<boolean> {
    if (this.#closed) return false
    const { onDown, onUp } = this.#options
    try {
      const changed = await within(ANSWER_MS, this.#read())
      if (!this.#isDown) return changed
      this.#isDown = false
      onUp?.()
      return changed || onUp !== undefined
    } catch (error) {
      if (this.#isDown) return false
      this.#isDown = true
      onDown?.(error)
      return onDown !== undefined
    }
  }

  async #read(): Promise<boolean> {
    // Listening comes first: what changes after the read is then told.
    this.#listening ??= this.#options.database.listen(this.#options.channel, () => void this.#refreshAndTell())
    try {
      await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
    return this.#options.read()
  }
}
