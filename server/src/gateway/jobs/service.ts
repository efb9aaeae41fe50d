import {
  type CreateBatch,
  type CreateJob,
  type EnhancedPrompt,
  type EnhancePrompt,
  JOB_STATES,
  type Job,
  type JobEvent,
  type JobKind,
  type JobSet,
} from '@turnout/contract'
import type { ArtifactKeeper } from '../../core/artifact.ts'
import { TurnoutError } from '../../core/error.ts'
import type { InputProblem } from '../../core/input.ts'
import { formatDollars } from '../../core/price.ts'
import { addCosts } from '../../core/usage.ts'
import type { Claims } from '../../jobs/claim.ts'
import type { Machinery } from '../../jobs/index.ts'
import type { JobFilter, JobPage, JobStore, NewJob } from '../../jobs/store.ts'
import type { JobRequest, JobRow } from '../../jobs/types.ts'
import type { JobWatch } from '../../jobs/watch.ts'
import type { Webhooks } from '../../jobs/webhooks/types.ts'
import { newId } from '../../lib/ids.ts'
import { anySignal } from '../../lib/signals.ts'
import { Slots } from '../../lib/slots.ts'
import { storable } from '../../lib/storable.ts'
import { split } from '../media/batch.ts'
import type { Caller } from '../types.ts'
import { type Asked, sentOf } from './asked.ts'
import { nothingWhileAway } from './away.ts'
import type { BroughtKeeper } from './brought.ts'
import { type CarriedServices, withoutCarried } from './carried.ts'
import { requireLength } from './length.ts'
import { hashOf, quoteOf } from './order.ts'
import type { Placing } from './placing.ts'
import type { JobView } from './view.ts'
import { mayName, maySee, userOf } from './whose.ts'

/** How long a job may take where the request does not say. */
const DEADLINE_MS: Readonly<Record<JobKind, number>> = {
  text: 10 * 60_000,
  image: 10 * 60_000,
  video: 60 * 60_000,
}
/** How long a request waits for its job where it does not say. */
const WAIT_SECONDS: Readonly<Record<JobKind, number>> = { text: 60, image: 60, video: 0 }
const MOST_PARTS = 64
/** How many prompts of a batch are enhanced at once. */
const ENHANCED_AT_ONCE = 8

export interface JobServices {
  placing: Placing
  store: JobStore
  create: Machinery['create']
  watch: JobWatch
  claims: Pick<Claims, 'reasonOf'>
  view: JobView
  keeper: ArtifactKeeper & BroughtKeeper
  resolve: CarriedServices['resolve']
  webhooks: Pick<Webhooks, 'accept'>
  /** Throws TurnoutError. */
  enhance(asked: EnhancePrompt, caller: Caller): Promise<EnhancedPrompt>
}

const isOver = ({ state }: { state: string }): boolean => state !== 'queued' && state !== 'running'

/** The jobs as routes see them: who may see which, and how they look. */
export class Jobs {
  readonly #services: JobServices

  constructor(services: JobServices) {
    this.#services = services
  }

  /**
   * Stores a job; nothing is called yet. Sent again with the same
   * Idempotency-Key it is the same job.
   *
   * @throws TurnoutError with all that is wrong
   */
  async create(asked: Asked, caller: Caller): Promise<JobRow> {
    const earlier = await this.earlier(sentOf(asked), asked.idempotencyKey, caller)
    if (earlier) return earlier
    const better = asked.body.enhance ? await this.#enhanced(asked, caller) : asked
    const prepared = await this.prepare(better, caller)
    const { jobs } = await this.#services.create([{ ...prepared, requestHash: hashOf(sentOf(asked)) }])
    return jobs[0]!
  }

  /**
   * What the same request has made before, whatever has changed since then:
   * the model may be gone, and the prompt is not enhanced and paid for again.
   *
   * @throws TurnoutError invalid_input (409) where another request had that Idempotency-Key
   */
  async earlier(sent: object, idempotencyKey: string | undefined, { principal }: Caller): Promise<JobRow | undefined> {
    if (idempotencyKey === undefined) return undefined
    return this.#services.store.named({ keyId: principal.keyId, idempotencyKey, requestHash: hashOf(sent) })
  }

  /** The same with a better prompt, where it can be had. @throws TurnoutError */
  async #enhanced(asked: Asked, caller: Caller): Promise<Asked> {
    const { kind, body } = asked
    const { prompt } = body.inputs
    if (typeof prompt !== 'string' || prompt === '') return asked
    // What is wrong with the request is told before anything is spent on it.
    await this.prepare(asked, caller)
    const style = typeof body.enhance === 'object' ? body.enhance.style : undefined
    const better = await this.#services.enhance(
      { prompt, modality: kind, ...(style !== undefined && { style }) },
      caller,
    )
    const { enhanced, warnings } = better
    return {
      ...asked,
      body: { ...body, inputs: { ...body.inputs, prompt: better.prompt } },
      ...(enhanced && { originalPrompt: prompt }),
      warnings,
    }
  }

  /** Several jobs at once, all or none. */
  async createAll(news: readonly NewJob[]): Promise<JobRow[]> {
    const { jobs, repeated } = await this.#services.create(news)
    return repeated && jobs[0]!.set_id !== null ? this.#services.store.ofSet(jobs[0]!.set_id) : jobs
  }

  /** A job that is ready to be stored. @throws TurnoutError */
  async prepare(asked: Asked, caller: Caller): Promise<NewJob> {
    const { kind, body, image, idempotencyKey, retryOf, set, originalPrompt, template, composition } = asked
    const { user, deadlineMs, pressing, warnings = [] } = asked
    const { principal, requestId } = caller
    const { model, inputs, options, productType, metadata, priority, webhook, deadlineSeconds } = body
    if (priority > 0 && principal.role !== 'admin') {
      throw new TurnoutError('permission', 'priority above 0 takes a key with the role admin.', { param: 'priority' })
    }
    const carrying: JobRequest = {
      inputs,
      options,
      image,
      productType,
      pressing,
      session: caller.session,
      originalPrompt,
      template,
      composition,
      keyJobs: principal.limits.jobs,
      role: principal.role,
    }
    requireLength(carrying)
    const userId = user === undefined ? userOf(body.userId, caller) : storable(user)
    const whose = { request_id: requestId, key_id: principal.keyId, user_id: userId }
    const [first] = this.#services.placing.candidates({ kind, model, request: carrying, metadata, ...whose })
    const { order } = first!
    if (order.count > MOST_PARTS * order.perCall) {
      throw new TurnoutError(
        'invalid_input',
        `A job makes at most ${MOST_PARTS * order.perCall} outputs of this model.`,
        {
          param: 'options.num_images',
        },
      )
    }
    const job = { key_id: principal.keyId, request: carrying }
    const request = await withoutCarried(carrying, order.references, job, caller, this.#services)
    const { seed } = order
    const counts = order.count > order.perCall ? split(order.count, order.perCall) : []
    return {
      kind,
      model,
      keyId: principal.keyId,
      userId,
      requestId,
      request,
      requestHash: hashOf(sentOf(asked)),
      idempotencyKey: idempotencyKey ?? null,
      metadata,
      priority,
      setId: set?.id ?? null,
      place: set?.place ?? 0,
      retryOf: retryOf ?? null,
      webhook: webhook === undefined ? null : await this.#services.webhooks.accept(webhook),
      deadlineMs: deadlineSeconds === undefined ? (deadlineMs ?? DEADLINE_MS[kind]) : deadlineSeconds * 1000,
      warnings,
      quoted: quoteOf(order),
      parts: counts.map((count, place) => ({ ...request, count, ...(seed !== undefined && { seed: seed + place }) })),
    }
  }

  /**
   * Waits until it is over, at most as long as the request says; it goes on
   * whoever leaves. While the database is away, it is as it was last known.
   */
  async settled(job: JobRow, wait: number | undefined, signal: AbortSignal): Promise<JobRow> {
    const ms = Math.ceil((wait ?? WAIT_SECONDS[job.kind]) * 1000)
    if (ms === 0 || isOver(job)) return job
    const { store, watch } = this.#services
    const until = anySignal([signal, AbortSignal.timeout(ms)])
    let last = job
    const look = async () => {
      last = watch.known(job.id) ?? (await store.find(job.id).catch(nothingWhileAway)) ?? last
      return isOver(last) ? last : undefined
    }
    await watch.until([job.id], look, until, (state) => isOver({ state }), true)
    if (!isOver(last)) await look()
    return last
  }

  async find(id: string, caller: Pick<Caller, 'principal'>): Promise<JobRow> {
    const job = await this.#services.store.find(id)
    if (job === undefined || job.parent_id !== null || !maySee(job.key_id, caller)) {
      throw new TurnoutError('not_found', `There is no job with the id "${id}".`)
    }
    return job
  }

  async list(filter: JobFilter, page: JobPage, caller: Pick<Caller, 'principal'>) {
    const { principal } = caller
    const own = principal.role === 'admin' ? filter : { ...filter, keyId: principal.keyId }
    return this.#services.store.list(own, page)
  }

  /** As it is shown, with what can be told of its waiting. */
  async show(job: JobRow, baseUrl: string): Promise<Job> {
    const { store, watch, view } = this.#services
    const shown = view.of(job, watch.attemptsOf(job) ?? (await store.attemptsOf(job.id)), baseUrl)
    if (job.state !== 'queued') return shown
    const [reason, queuePosition] = await Promise.all([this.#services.claims.reasonOf(job), store.placeInQueue(job)])
    return {
      ...shown,
      queuePosition,
      waiting: reason === undefined ? shown.waiting : { reason: 'limit', detail: reason },
    }
  }

  async showAll(jobs: readonly JobRow[], baseUrl: string): Promise<Job[]> {
    const attempts = await this.#services.store.attemptsOfAll(jobs.map(({ id }) => id))
    return jobs.map((job) => this.#services.view.of(job, attempts.get(job.id) ?? [], baseUrl))
  }

  async cancel(id: string, caller: Pick<Caller, 'principal'>): Promise<JobRow> {
    const job = await this.find(id, caller)
    return isOver(job) ? job : this.#services.store.cancel(id)
  }

  /**
   * The same once more, as a new job.
   *
   * @param confirmed That one whose outcome is unknown may be paid for twice.
   */
  async retry(id: string, confirmed: boolean, idempotencyKey: string | undefined, caller: Caller): Promise<JobRow> {
    const job = await this.find(id, caller)
    const sent = { retryOf: id }
    const earlier = await this.earlier(sent, idempotencyKey, caller)
    if (earlier) return earlier
    if (job.state !== 'failed' && job.state !== 'canceled' && job.state !== 'unknown') {
      throw new TurnoutError('invalid_input', `The job is ${job.state}; only one that has failed can be tried again.`, {
        status: 409,
      })
    }
    if (job.state === 'unknown' && !confirmed) {
      throw new TurnoutError(
        'invalid_input',
        'Nobody knows whether the job was carried out and billed: to make it once more may be to pay twice. Send {"confirm": true} to do so.',
        { param: 'confirm', status: 409 },
      )
    }
    const { inputs, options, productType, ...request } = job.request as JobRequest
    const { image, template, composition, originalPrompt } = request
    const body: CreateJob = {
      model: job.model,
      inputs,
      options,
      productType,
      metadata: job.metadata,
      priority: principalMayRaise(job.priority, caller),
      ...(job.user_id !== null && mayName(caller) && { userId: job.user_id }),
    }
    const again: Asked = { kind: job.kind, body, image, idempotencyKey, ...sent, sent, template, composition }
    const deadlineMs = job.deadline_at.getTime() - job.created_at.getTime()
    const prepared = await this.prepare({ ...again, deadlineMs, originalPrompt }, caller)
    const { jobs } = await this.#services.create([{ ...prepared, webhook: job.webhook }])
    return jobs[0]!
  }

  /** Forgets a job that is over, and deletes what it made. */
  async remove(id: string, caller: Pick<Caller, 'principal'>): Promise<void> {
    const job = await this.find(id, caller)
    if (!isOver(job)) {
      throw new TurnoutError('invalid_input', `The job is ${job.state}; cancel it before it is deleted.`, {
        status: 409,
      })
    }
    for (const artifact of await this.#services.keeper.ofJobs([id])) await this.#services.keeper.delete(artifact.id)
    await this.#services.store.remove(id)
  }

  /**
   * What has happened to it since, and what happens, until it is over or the
   * client leaves; undefined where it is over and nothing follows.
   */
  async events(id: string, after: number, caller: Caller, baseUrl: string) {
    const job = await this.find(id, caller)
    const isAll = isOver(job) && after >= job.sequence
    return isAll ? undefined : this.#events(id, Math.min(after, job.sequence), caller.signal, baseUrl)
  }

  async *#events(id: string, after: number, signal: AbortSignal, baseUrl: string): AsyncGenerator<JobEvent, void> {
    let last = after
    const look = async () => {
      const events = await this.#services.store.eventsAfter(id, last)
      return events.length > 0 ? events : undefined
    }
    for (;;) {
      const events = await this.#services.watch.until([id], look, signal)
      if (events === undefined) return
      const job = await this.#services.store.find(id)
      if (job === undefined) return
      const shown = await this.show(job, baseUrl)
      for (const { sequence, type, data, createdAt } of events) {
        const { logs, ...then } = data
        last = sequence
        yield {
          type: type as JobEvent['type'],
          sequence,
          timestamp: createdAt.toISOString(),
          ...(logs && { logs }),
          // As it was then, where that is written down; the rest is as it is now.
          data: { ...shown, ...then, sequence },
        }
      }
      if (isOver(job) && last >= job.sequence) return
    }
  }

  /** All members of a set in their order. @throws TurnoutError not_found */
  async set(id: string, caller: Pick<Caller, 'principal'>, baseUrl: string): Promise<JobSet> {
    const jobs = (await this.#services.store.ofSet(id)).filter(({ key_id }) => maySee(key_id, caller))
    if (jobs.length === 0) throw new TurnoutError('not_found', `There is no batch with the id "${id}".`)
    const counts = Object.fromEntries(
      JOB_STATES.map((state) => [state, jobs.filter((job) => job.state === state).length]),
    )
    const progress = jobs.reduce((sum, job) => sum + (isOver(job) ? 1 : (job.progress ?? 0)), 0) / jobs.length
    const cost = addCosts(jobs.map(({ settled_nano }) => settled_nano))
    return {
      id,
      done: jobs.every(isOver),
      progress,
      counts: counts as JobSet['counts'],
      cost: cost === null ? null : formatDollars(cost),
      jobs: await this.showAll(jobs, baseUrl),
    }
  }

  /** Many jobs that are watched together. @returns the id of their set. @throws TurnoutError with all that is wrong */
  async batch({ jobs, webhook }: CreateBatch, idempotencyKey: string | undefined, caller: Caller): Promise<string> {
    const sent = { jobs, webhook }
    const earlier = await this.earlier(sent, idempotencyKey, caller)
    if (earlier) return earlier.set_id!
    const id = newId('batch')
    const problems: InputProblem[] = []
    const asked = jobs.map(({ kind, ...body }, place): Asked => {
      const named = place === 0 ? idempotencyKey : undefined
      return { kind, body: { ...body, webhook }, set: { id, place }, sent, idempotencyKey: named }
    })
    const prepare = (each: Asked, place: number) =>
      this.prepare(each, caller).catch((thrown: unknown) => {
        problems.push(...problemsOf(TurnoutError.from(thrown), place))
      })
    let prepared = await Promise.all(asked.map(prepare))
    if (problems.length === 0 && asked.some(({ body }) => body.enhance)) {
      const slots = new Slots(ENHANCED_AT_ONCE)
      const enhance = (each: Asked) => (each.body.enhance ? slots.run(() => this.#enhanced(each, caller)) : each)
      prepared = await Promise.all((await Promise.all(asked.map(enhance))).map(prepare))
    }
    if (problems.length > 0) {
      throw new TurnoutError('invalid_input', `The batch has ${problems.length} problems; nothing was begun.`, {
        details: problems,
      })
    }
    const made = await this.createAll(prepared.flatMap((job) => job ?? []))
    return made[0]!.set_id ?? id
  }
}

/** What is wrong with one job of a batch, with its place. */
function problemsOf(error: TurnoutError, place: number): InputProblem[] {
  if (error.code === 'invalid_input' && Array.isArray(error.details)) {
    return (error.details as InputProblem[]).map(({ path, message }) => ({ path: `jobs[${place}].${path}`, message }))
  }
  return [{ path: `jobs[${place}]${error.param ? `.${error.param}` : ''}`, message: error.message }]
}

const principalMayRaise = (priority: number, { principal }: Caller): number =>
  principal.role === 'admin' ? priority : Math.min(priority, 0)
