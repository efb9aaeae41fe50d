import type { CreateJob, Job } from '@turnout/contract'
import type { ArtifactService } from '../../artifacts/types.ts'
import type { StoredArtifact } from '../../core/artifact.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Drawn } from '../../core/media.ts'
import type { Route } from '../../core/route.ts'
import { isAway } from '../../core/trouble.ts'
import type { JobRow, KeptOutput } from '../../jobs/types.ts'
import { withAttempts } from '../routing/failure.ts'
import { isSole } from '../routing/router.ts'
import type { Caller } from '../types.ts'
import type { Asked } from './asked.ts'
import { untilBack } from './away.ts'
import { type Brought, keepBrought } from './brought.ts'
import type { Jobs } from './service.ts'

/** How long a job may take that a client can come back to. */
const NAMED_MS = 600_000
/** A job ends by its own deadline; nobody waits longer than this for it to say so. */
const GRACE_MS = 30_000
/** What a request takes besides its calls: their own limits come first, because they say who was too slow. */
const MARGIN_MS = 2_000

export interface WaitedServices {
  jobs: Jobs
  kept: ArtifactService
  log: { error(details: object, message: string): void }
}

/** A request for pictures that is made as a job while its client waits. */
export interface WaitedRequest {
  caller: Caller
  route: Route
  /** What leads to the route once more. */
  model: string
  productType: string | undefined
  image: NonNullable<Asked['image']>
  /** The pictures that came with it, which have still to be kept. */
  brought: readonly Brought[]
  /** What the job shows of the request. */
  shown: Record<string, unknown>
  /** The end user that it names. */
  user: string | undefined
  idempotencyKey: string | undefined
}

/** A job that has made pictures. */
export interface WaitedAnswer {
  job: Job
  /** They, in the order of the job's outputs. */
  pictures: StoredArtifact[]
  /** Who made them. */
  deployment: Deployment
  /** How, as the provider tells it, where it does. */
  drawn: Drawn | undefined
  /** Nano-dollars; null when not known. */
  cost: bigint | null
}

/**
 * A job whose client waits for it. Where the client leaves, the job goes on if
 * the client can come back for it by its Idempotency-Key; else it is canceled.
 */
export class WaitedJob {
  attempts = 0
  fallbacks = 0
  readonly #services: WaitedServices
  readonly #asked: WaitedRequest
  readonly #waitMs: number

  constructor(services: WaitedServices, asked: WaitedRequest) {
    this.#services = services
    this.#asked = asked
    this.#waitMs = longestOf(asked.route)
  }

  /**
   * Waits until the pictures are there, or the signal says that the client has
   * left. They are paid for then: while our own database or storage is away, it
   * waits for that too.
   *
   * @param onJob Hears of the job before it has done anything.
   * @param put Makes of the pictures what the client gets.
   * @throws TurnoutError why there are none
   */
  async answer<T>(
    baseUrl: string,
    signal: AbortSignal,
    onJob: (id: string) => void,
    put: (answer: WaitedAnswer) => Promise<T>,
  ): Promise<T> {
    const until = performance.now() + this.#waitMs + (this.#named ? 0 : GRACE_MS)
    const created = await this.#create()
    onJob(created.id)
    const leave = () => this.#giveUp(created)
    signal.addEventListener('abort', leave, { once: true })
    try {
      if (signal.aborted) leave()
      const row = await this.#services.jobs.settled(created, Math.max(0, until - performance.now()) / 1000, signal)
      requirePresence(signal)
      const read = async () => put(await this.#read(row, baseUrl))
      return await untilBack(read, until - performance.now(), signal)
    } catch (thrown) {
      requirePresence(signal)
      const error = TurnoutError.from(thrown)
      // Whoever asks once more, and not by a name, pays once more.
      throw isAway(error) && !this.#named ? error.with({ retryable: false }) : error
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** What was brought has done its work; for a job that failed it stays, because that may be tried again. */
  tidyUp(): void {
    const { kept, log } = this.#services
    for (const { id } of this.#asked.brought) {
      kept.delete(id).catch((error: unknown) => {
        log.error({ err: error, artifact: id }, 'a picture that was edited could not be deleted')
      })
    }
  }

  get #named(): boolean {
    return this.#asked.idempotencyKey !== undefined
  }

  async #create(): Promise<JobRow> {
    const { jobs, kept } = this.#services
    const { caller, image, brought, idempotencyKey, user } = this.#asked
    const waitMs = this.#waitMs + MARGIN_MS
    const job: Asked = {
      kind: 'image',
      body: this.#body(),
      image,
      user,
      deadlineMs: this.#named ? Math.max(waitMs, NAMED_MS) : waitMs,
      idempotencyKey,
      pressing: !this.#named,
    }
    if (brought.length > 0) {
      // What is wrong with the request is told before anything is kept for it.
      await jobs.prepare(job, caller)
      await keepBrought(kept, brought, caller.principal)
    }
    return jobs.create(job, caller)
  }

  #body(): CreateJob {
    const { model, shown, productType } = this.#asked
    return {
      model,
      inputs: shown,
      options: {},
      metadata: {},
      priority: 0,
      ...(productType !== undefined && { productType }),
    }
  }

  async #read(row: JobRow, baseUrl: string): Promise<WaitedAnswer> {
    const isLate = row.state === 'queued' || row.state === 'running'
    if (isLate) this.#giveUp(row)
    const job = await this.#services.jobs.show(row, baseUrl)
    this.attempts = job.attempts.length
    this.fallbacks = Math.max(0, new Set(job.attempts.map(({ deployment }) => deployment)).size - 1)
    if (isLate) throw late(job, this.#waitMs, this.#named)
    if (row.state !== 'succeeded') throw this.#failure(job)
    const outputs = row.outputs as KeptOutput[]
    const pictures = outputs.flatMap(({ artifact }) => artifact ?? [])
    return { job, pictures, deployment: this.#deploymentOf(job), drawn: outputs[0]?.drawn, cost: row.settled_nano }
  }

  #deploymentOf({ deployment: id }: Job): Deployment {
    const { candidates } = this.#asked.route
    const made = candidates.find(({ deployment }) => deployment.id === id)
    return (made ?? candidates[0]!).deployment
  }

  #failure({ error, attempts, state }: Job): TurnoutError {
    if (error === null || state === 'canceled') {
      return new TurnoutError('invalid_input', 'The job was canceled before the pictures were made.', { status: 409 })
    }
    const { code, message, ...told } = error
    const failure = new TurnoutError(code, message, told)
    if (isSole(this.#asked.route)) return failure
    const failed = attempts.flatMap(({ deployment, provider, error, startedAt, finishedAt }) => {
      if (error === null) return []
      const latencyMs = finishedAt === null ? 0 : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt))
      return [{ deployment, provider, code: error.code, latencyMs }]
    })
    return withAttempts(failure, failed)
  }

  /** Nobody will come for it: what can be stopped is stopped. */
  #giveUp({ id }: JobRow): void {
    if (this.#named) return
    const { jobs, log } = this.#services
    jobs.cancel(id, this.#asked.caller).catch((error: unknown) => {
      log.error({ err: error, job: id }, 'a job that nobody waits for could not be canceled')
    })
  }
}

/** @throws TurnoutError canceled */
function requirePresence(signal: AbortSignal): void {
  if (signal.aborted) throw new TurnoutError('canceled', 'The client went away before the answer was complete.')
}

/** The longest time that one of those who may be asked is given, but no longer than all of them together. */
const longestOf = ({ candidates, fallback: { deadlineMs = Number.POSITIVE_INFINITY } }: Route): number =>
  Math.min(deadlineMs, Math.max(...candidates.map(({ deployment }) => deployment.timeouts.totalMs)))

function late({ id }: Job, waitMs: number, isNamed: boolean): TurnoutError {
  const then = isNamed
    ? 'it goes on, and the same request with the same Idempotency-Key waits for it again'
    : 'it was asked to stop'
  return new TurnoutError('timeout', `The job ${id} was not done within ${waitMs / 1000} s; ${then}.`, {
    retryable: isNamed,
  })
}
