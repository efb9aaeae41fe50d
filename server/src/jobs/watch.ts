import type { Database } from '../db/database.ts'
import { EVENTS_CHANNEL } from './record.ts'

/** Notifications may be lost with a connection: nobody waits longer than this for one that will not come. */
const LOOK_ANYWAY_MS = 2_000

/** Tells those who wait for a job that something happened to it, in whichever process it did. */
export class JobWatch {
  readonly #database: Database
  readonly #waiting = new Map<string, Set<() => void>>()
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#database.listen(EVENTS_CHANNEL, (jobId) => {
      for (const wake of this.#waiting.get(jobId) ?? []) wake()
    })
  }

  async stop(): Promise<void> {
    for (const wakes of this.#waiting.values()) for (const wake of wakes) wake()
    await this.#unlisten?.().catch(() => {})
  }

  /**
   * Looks, and looks again whenever something has happened, until `look` has
   * an answer; undefined where the signal comes first.
   */
  async until<T>(jobIds: readonly string[], look: () => Promise<T | undefined>, signal: AbortSignal) {
    let wake = () => {}
    let happened = false
    const onEvent = () => {
      happened = true
      wake()
    }
    for (const id of jobIds) {
      const wakes = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, wakes.add(onEvent))
    }
    signal.addEventListener('abort', onEvent)
    try {
      while (!signal.aborted) {
        happened = false
        const found = await look()
        if (found !== undefined) return found
        if (happened || signal.aborted) continue
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_ANYWAY_MS)
          timer.unref()
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      return undefined
    } finally {
      signal.removeEventListener('abort', onEvent)
      for (const id of jobIds) {
        const wakes = this.#waiting.get(id)
        wakes?.delete(onEvent)
        if (wakes?.size === 0) this.#waiting.delete(id)
      }
    }
  }
}
