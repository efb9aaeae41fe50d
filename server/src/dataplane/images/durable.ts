import type { CreateJob, Job } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import { sentenceOf } from '../../core/image/answer.ts'
import type { Route } from '../../core/route.ts'
import type { Asked as AskedJob, Jobs } from '../../gateway/jobs/service.ts'
import type { RelayClient, Running } from '../../gateway/relay/types.ts'
import { withAttempts } from '../../gateway/routing/failure.ts'
import { isSole } from '../../gateway/routing/router.ts'
import type { Caller } from '../../gateway/types.ts'
import { originOf } from '../../lib/http/origin.ts'
import type { Exchange } from '../exchange.ts'
import { keepBrought, type Named } from './brought.ts'
import { encodeKept } from './kept-pictures.ts'

/** How long a job may take that a client can come back to. */
const NAMED_MS = 600_000
/** A job knows its deadline by itself; nobody waits longer than this for it to say so. */
const GRACE_MS = 30_000

type JobRow = Awaited<ReturnType<Jobs['create']>>

/** A request for pictures that is to be a job. */
export interface DurableAsked {
  caller: Caller
  route: Route
  image: NonNullable<AskedJob['image']>
  brought: Named['brought']
  /** What the job shows of the request. */
  shown: Record<string, unknown>
  model: string
  productType: string | undefined
  user: string | undefined
  asLinks: boolean
  idempotencyKey: string | undefined
}

/**
 * Brings a request for pictures to its end as a job, and the pictures back in
 * OpenAI's words. Where the client leaves, the job goes on if the client can
 * come back for it by its Idempotency-Key; else it is canceled.
 */
export class DurableDrawing implements Running {
  attempts = 0
  fallbacks = 0
  readonly #exchange: Exchange
  readonly #asked: DurableAsked
  readonly #client: RelayClient
  readonly #leaving = new AbortController()
  #job: JobRow | undefined

  /** @param client Where the answer goes. */
  constructor(exchange: Exchange, asked: DurableAsked, client: RelayClient) {
    this.#exchange = exchange
    this.#client = client
    this.#asked = asked
  }

  start(): void {
    this.#run().catch((thrown: unknown) => this.#client.fail(TurnoutError.from(thrown), this.attempts))
  }

  cancel(): void {
    this.#leaving.abort()
    if (this.#job) this.#giveUp(this.#job)
  }

  resume(): void {}

  async #run(): Promise<void> {
    const { jobs } = this.#exchange.plane
    const { signal } = this.#leaving
    const waitMs = longestOf(this.#asked.route)
    const created = await this.#create(waitMs)
    this.#job = created
    this.#exchange.tell({ 'x-turnout-job-id': created.id })
    if (signal.aborted) return this.#giveUp(created)
    const row = await jobs.settled(created, (waitMs + (this.#named ? 0 : GRACE_MS)) / 1000, signal)
    if (signal.aborted) return
    await this.#answer(row, waitMs)
  }

  get #named(): boolean {
    return this.#asked.idempotencyKey !== undefined
  }

  async #create(waitMs: number): Promise<JobRow> {
    const { jobs, kept } = this.#exchange.plane
    const { caller, image, brought, idempotencyKey, user } = this.#asked
    const deadlineMs = this.#named ? Math.max(waitMs, NAMED_MS) : waitMs
    const job: AskedJob = { kind: 'image', body: this.#body(), image, user, deadlineMs, idempotencyKey }
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

  async #answer(row: JobRow, waitMs: number): Promise<void> {
    const { plane, request } = this.#exchange
    const job = await plane.jobs.show(row, originOf(request, plane.publicUrl))
    this.attempts = job.attempts.length
    this.fallbacks = Math.max(0, new Set(job.attempts.map(({ deployment }) => deployment)).size - 1)
    if (row.state === 'queued' || row.state === 'running') {
      this.#giveUp(row)
      throw late(job, waitMs, this.#named)
    }
    if (row.state !== 'succeeded') throw this.#failure(job)
    const body = await encodeKept(plane.kept, job, this.#asked.asLinks)
    const head = {
      deployment: this.#deploymentOf(job),
      attempts: this.attempts,
      contentType: 'application/json',
      warnings: [...job.mapped.map(sentenceOf), ...job.warnings],
    }
    this.#client.answer(head, row.settled_nano, body)
    this.#tidyUp()
  }

  #deploymentOf({ deployment: id }: Job): Deployment {
    const { route } = this.#asked
    const made = route.candidates.find(({ deployment }) => deployment.id === id)
    return (made ?? route.candidates[0]!).deployment
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
  #giveUp(job: JobRow): void {
    if (this.#named) return
    const { plane, requestId } = this.#exchange
    plane.jobs.cancel(job.id, this.#asked.caller).catch((error: unknown) => {
      plane.log.error({ err: error, job: job.id, requestId }, 'a job that nobody waits for could not be canceled')
    })
  }

  /** What was brought has done its work; for one that failed it stays, because that may be tried again. */
  #tidyUp(): void {
    const { plane, requestId } = this.#exchange
    for (const { id } of this.#asked.brought) {
      plane.kept.delete(id).catch((error: unknown) => {
        plane.log.error({ err: error, artifact: id, requestId }, 'a picture that was edited could not be deleted')
      })
    }
  }
}

/** As long as any of those that may be asked is given. */
const longestOf = ({ candidates }: Route): number =>
  Math.max(...candidates.map(({ deployment }) => deployment.timeouts.totalMs))

function late({ id }: Job, waitMs: number, isNamed: boolean): TurnoutError {
  const then = isNamed
    ? 'it goes on, and the same request with the same Idempotency-Key waits for it again'
    : 'it was asked to stop'
  return new TurnoutError('timeout', `The job ${id} was not done within ${waitMs / 1000} s; ${then}.`, {
    retryable: isNamed,
  })
}
