import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Log } from '../db/database.ts'
import { type Claimed, Claims, type Start } from './claim.ts'
import { LEASE_MS, LeaseLost } from './lease.ts'
import type { Pace } from './pace.ts'
import { ROOM, WORK_CHANNEL } from './record.ts'
import { Step } from './step.ts'
import type { Created, NewJob } from './store.ts'
import type { Transitions } from './transitions.ts'
import type { AttemptRow, Executor, JobRow } from './types.ts'

/**
 * How many steps a process makes at once; a job holds one only while a step of
 * it is being made, and not while a provider is taking its time to answer.
 */
const SLOTS = 64
/** How long nobody looks for work at the most. Notifications come first; this is for those that were lost. */
const IDLE_MS = 1_000
const SOON_MS = 20
/** How long a step may take to end that has been cut off. */
const LAST_WORDS_MS = 2_000
const LONGEST_OUTAGE_PAUSE_MS = 2_000
const FIRST_OUTAGE_PAUSE_MS = 100
/**
 * Leases run out while the database is away, although their holders live. When
 * it is back, these have so long to renew them before anybody takes them over.
 */
const RENEWAL_MS = LEASE_MS / 2

export interface WorkerOptions {
  database: Database
  executor: Executor
  transitions: Transitions
  attemptsOf(jobId: string): Promise<AttemptRow[]>
  log: Log
  pace?: Pace
  slots?: number
}

/** Looks for steps that are due and makes them, as many at once as it has slots. */
export class JobWorker {
  readonly #options: WorkerOptions
  readonly #claims: Claims
  readonly #step: Step
  readonly #slots: number
  /** The steps under way, by job. */
  readonly #running = new Map<string, Promise<void>>()
  /** Those of them after which nothing is to be done. */
  readonly #over = new Set<string>()
  #resting = false
  readonly #stopping = new AbortController()
  /** Ends calls that are still under way when the time to finish them is over. */
  readonly #killing = new AbortController()
  #unlisten: (() => Promise<void>) | undefined
  /** New jobs that are just being stored, to be begun at once. */
  #starting = 0
  #looking: Promise<void> | undefined
  #lookAgain = false
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  /** Something was due that found no room. */
  #isCrowded = true
  #heartbeat: NodeJS.Timeout | undefined
  #failures = 0
  #takesOverAt = 0

  constructor(options: WorkerOptions) {
    const { database, executor, transitions, attemptsOf, pace } = options
    this.#options = options
    this.#slots = options.slots ?? SLOTS
    this.#claims = new Claims(database, executor, transitions.owner)
    this.#step = new Step({
      executor,
      transitions,
      attemptsOf,
      surely: (work) => this.#surely(work),
      ...(pace && { pace }),
    })
  }

  get claims(): Claims {
    return this.#claims
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#options.database.listen(WORK_CHANNEL, (payload) => {
      if (payload === ROOM) return this.#wakeWhereCrowded()
      for (const canceled of payload.split(' ')) this.#step.cancel(canceled)
      this.wake()
    })
    this.#heartbeat = setInterval(() => this.#beat(), LEASE_MS / 3).unref()
    await this.#claims.freeDead()
    this.wake()
  }

  /** Whether a step of the job is being made here. */
  isAt(jobId: string): boolean {
    return this.#running.has(jobId)
  }

  /** A step has been the last one of its job. */
  over({ id }: Pick<JobRow, 'id'>): void {
    if (this.#running.has(id)) this.#over.add(id)
  }

  /** There may be work. */
  wake(): void {
    if (this.#stopping.signal.aborted) return
    if (this.#looking) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
      if (!this.#lookAgain) return
      this.#lookAgain = false
      this.wake()
    })
  }

  /**
   * Has a new job stored, and begins it at once where that may be: nobody has
   * to look for it then.
   */
  async starting(job: NewJob, store: (start?: Start) => Promise<Created>): Promise<Created> {
    const isFree = !this.#resting && !this.#isCrowded && this.#failures === 0 && this.#free > 0
    const start = isFree ? this.#claims.startOf(job) : undefined
    if (start === undefined) return store()
    this.#starting += 1
    try {
      const created = await store(start)
      const row = created.jobs[0]!
      // Where this process stops, it is left to its lease.
      const isOurs = !created.repeated && row.lease_owner === start.owner && !this.#resting
      if (isOurs) this.#begin({ job: row, placement: start.placement })
      return created
    } finally {
      this.#starting -= 1
    }
  }

  /** Sends nothing more to providers; what they have accepted is asked for and fetched as before. */
  rest(): void {
    this.#resting = true
  }

  /** Makes no further step and waits for those under way; after `graceMs` they are cut off. */
  async stop(graceMs: number): Promise<void> {
    this.#resting = true
    this.#stopping.abort()
    clearTimeout(this.#timer)
    clearTimeout(this.#soon)
    await this.#unlisten?.().catch(() => {})
    await this.#looking
    const done = new AbortController()
    const late = sleep(graceMs, undefined, { signal: done.signal }).then(
      () => this.#killing.abort(new Error('Turnout stops.')),
      () => {},
    )
    const ended = Promise.allSettled(this.#running.values())
    // A step that does not hear that it is cut off is left to its lease.
    await Promise.race([ended, sleep(graceMs + LAST_WORDS_MS, undefined, { signal: done.signal }).catch(() => {})])
    done.abort()
    await late
    clearInterval(this.#heartbeat)
  }

  get #free(): number {
    return this.#slots - this.#running.size - this.#starting + this.#step.waiting
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer)
    let next = IDLE_MS
    try {
      const free = this.#free
      if (free > 0) {
        if (this.#failures > 0) await this.#comeBack()
        const takesOver = performance.now() >= this.#takesOverAt
        const limits = { most: free, running: [...this.#running.keys()], takesOver, sends: !this.#resting }
        const outlook = await this.#claims.outlook(limits)
        const { claimed, isMore } = await this.#claims.take(limits, outlook)
        for (const each of claimed) this.#begin(each)
        this.#isCrowded = isMore
        next = Math.min(IDLE_MS, outlook.nextInMs ?? IDLE_MS)
      }
      this.#failures = 0
    } catch (error) {
      next = this.#pauseAfterOutage(error, this.#failures)
      this.#failures += 1
    }
    if (this.#stopping.signal.aborted) return
    this.#timer = setTimeout(() => this.wake(), Math.max(next, 10)).unref()
  }

  /** There is room for one more. */
  #wakeWhereCrowded(): void {
    if (this.#isCrowded) this.wake()
  }

  /** What a step has put off is looked for in time; those who wait for what it did come first. */
  #wakeSoon(): void {
    if (this.#stopping.signal.aborted) return
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.wake()
    }, SOON_MS).unref()
  }

  /** The database may be there again. */
  async #comeBack(): Promise<void> {
    await this.#claims.keep([...this.#running.keys()])
    this.#takesOverAt = performance.now() + RENEWAL_MS
  }

  #begin(claimed: Claimed): void {
    const { id } = claimed.job
    const step = this.#make(claimed).finally(() => {
      this.#running.delete(id)
      const isOver = this.#over.delete(id)
      if (this.#isCrowded) this.wake()
      else if (!isOver) this.#wakeSoon()
    })
    this.#running.set(id, step)
  }

  async #make(claimed: Claimed): Promise<void> {
    const { id } = claimed.job
    try {
      await this.#step.make(claimed, this.#killing.signal)
    } catch (error) {
      if (error instanceof LeaseLost) this.#options.log.warn({ job: id }, 'jobs: another process went on with a job')
      else this.#options.log.error({ job: id, err: error }, 'jobs: a step failed; it will be made again')
      // Left to its lease: the step is made again by whoever comes first after that.
    }
  }

  #beat(): void {
    this.#claims.keep([...this.#running.keys()]).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'jobs: the leases could not be renewed')
    })
  }

  async #surely<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof LeaseLost || isMistake(error)) throw error
        await sleep(this.#pauseAfterOutage(error, failures), undefined, { signal: this.#killing.signal })
      }
    }
  }

  #pauseAfterOutage(error: unknown, failures: number): number {
    if (failures === 0) this.#options.log.warn({ err: error }, 'jobs: the database does not answer; trying again')
    return Math.min(LONGEST_OUTAGE_PAUSE_MS, FIRST_OUTAGE_PAUSE_MS * 2 ** failures)
  }
}

/** Whether trying again would meet the same: a mistake of ours, not a database that is away. */
function isMistake(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return error instanceof TypeError || (typeof code === 'string' && /^(22|23|42)/.test(code))
}
