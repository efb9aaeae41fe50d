import type { Database } from '../db/database.ts'
import { EVENTS_CHANNEL } from './record.ts'
import type { AttemptRow, JobRow } from './types.ts'

/** Notifications may be lost with a connection: nobody waits longer than this for one that will not come. */
const LOOK_ANYWAY_MS = 2_000
const LOOK_SOON_MS = 250
/** States that nothing follows. */
const ENDS: ReadonlySet<string> = new Set(['succeeded', 'failed', 'canceled'])

/** Tells those who wait for a job that something happened to it, in whichever process it did. */
export class JobWatch {
  readonly #database: Database
  readonly #isHere: (jobId: string) => boolean
  readonly #waiting = new Map<string, Set<(state?: string) => void>>()
  /** Those that are waited for and have ended in this process, as they are since then. */
  readonly #over = new Map<string, JobRow>()
  readonly #attempts = new WeakMap<JobRow, AttemptRow[]>()
  #unlisten: (() => Promise<void>) | undefined

  /** @param isHere Whether a step of the job is being made in this process, which tells of its end itself. */
  constructor(database: Database, isHere: (jobId: string) => boolean) {
    this.#database = database
    this.#isHere = isHere
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#database.listen(EVENTS_CHANNEL, (payload) => {
      const [jobId = '', state = ''] = payload.split(' ')
      if (ENDS.has(state) && this.#isHere(jobId)) return
      for (const wake of this.#waiting.get(jobId) ?? []) wake(state)
    })
  }

  async stop(): Promise<void> {
    for (const wakes of this.#waiting.values()) for (const wake of wakes) wake()
    await this.#unlisten?.().catch(() => {})
  }

  /** A job has ended in this process: whoever waits for it here need not ask the database. */
  over(job: JobRow, attempts?: AttemptRow[]): void {
    if (attempts) this.#attempts.set(job, attempts)
    const waiting = this.#waiting.get(job.id)
    if (waiting === undefined) return
    this.#over.set(job.id, job)
    for (const wake of waiting) wake(job.state)
  }

  /** The attempts of a job that is as it came from here; undefined where they must be asked for. */
  attemptsOf(job: JobRow): AttemptRow[] | undefined {
    return this.#attempts.get(job)
  }

  /** The same job, for those who wait for it. */
  known(jobId: string): JobRow | undefined {
    return this.#over.get(jobId)
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
        if (wakes?.size !== 0) continue
        this.#waiting.delete(id)
        this.#over.delete(id)
      }
    }
  }
}
