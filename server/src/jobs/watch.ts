import type { Database } from '../db/database.ts'
import { EVENTS_CHANNEL } from './record.ts'

/** Notifications may be lost with a connection: nobody waits longer than this for one that will not come. */
const LOOK_ANYWAY_MS = 2_000
const LOOK_SOON_MS = 250

/** Tells those who wait for a job that something happened to it, in whichever process it did. */
export class JobWatch {
  readonly #database: Database
  readonly #waiting = new Map<string, Set<(state?: string) => void>>()
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#database.listen(EVENTS_CHANNEL, (payload) => {
      const [jobId = '', state] = payload.split(' ')
      for (const wake of this.#waiting.get(jobId) ?? []) wake(state)
    })
  }

  async stop(): Promise<void> {
    for (const wakes of this.#waiting.values()) for (const wake of wakes) wake()
    await this.#unlisten?.().catch(() => {})
  }

  /**
   * Looks, and looks again whenever something has happened, until `look` has
   * an answer; undefined where the signal comes first.
   *
   * @param matters Of the state that a job is in after what happened: whether to look again for it.
   * @param hasLooked The caller has just looked. What happened since then is found soon.
   */
  async until<T>(
    jobIds: readonly string[],
    look: () => Promise<T | undefined>,
    signal: AbortSignal,
    matters = (_state: string) => true,
    hasLooked = false,
  ) {
    let wake = () => {}
    let happened = false
    const onEvent = (state?: string) => {
      if (state !== undefined && !matters(state)) return
      happened = true
      wake()
    }
    for (const id of jobIds) {
      const wakes = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, wakes.add(onEvent))
    }
    const onAbort = () => onEvent()
    signal.addEventListener('abort', onAbort)
    try {
      for (let isFirst = hasLooked; !signal.aborted; isFirst = false) {
        happened = false
        const found = isFirst ? undefined : await look()
        if (found !== undefined) return found
        if (happened || signal.aborted) continue
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, isFirst ? LOOK_SOON_MS : LOOK_ANYWAY_MS)
          timer.unref()
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      return undefined
    } finally {
      signal.removeEventListener('abort', onAbort)
      for (const id of jobIds) {
        const wakes = this.#waiting.get(id)
        wakes?.delete(onEvent)
        if (wakes?.size === 0) this.#waiting.delete(id)
      }
    }
  }
}
