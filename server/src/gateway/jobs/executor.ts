import { createReadStream } from 'node:fs'
import type { ProviderAdapter } from '../../core/adapter.ts'
import { type ArtifactKeeper, outputId, type StoredArtifact } from '../../core/artifact.ts'
import { mayBeBilled } from '../../core/delivery.ts'
import type { Deployment, ProviderConnection } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { MediaReference } from '../../core/inputs/types.ts'
import type { Media, MediaDone, MediaOutcome, RemoteOperation } from '../../core/media.ts'
import { formatDollars } from '../../core/price.ts'
import { retryDelay } from '../../core/retry.ts'
import { sameAgain } from '../../core/routing/again.ts'
import { isSurelyUnmade, triggerOf } from '../../core/routing/triggers.ts'
import type { ResolvedComposition } from '../../core/template/resolve.ts'
import type { Picture } from '../../core/text.ts'
import { isAway, isTrouble } from '../../core/trouble.ts'
import type {
  AttemptRow,
  Executor,
  JobRequest,
  JobRow,
  Made,
  MadeMedia,
  Placeable,
  Placement,
  Prepared,
  Verdict,
} from '../../jobs/types.ts'
import type { OriginPools } from '../../lib/http/pools.ts'
import type { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { withScratchFile } from '../../lib/scratch-file.ts'
import { anySignal } from '../../lib/signals.ts'
import type { Registry } from '../../registry/types.ts'
import { connectionTo, watched } from '../attempts.ts'
import type { Owner } from '../inputs/resolve.ts'
import { fetchFailure, openOutput } from '../media/open.ts'
import { type AttemptObserver, costOfFailure, priceOf, type Settled } from '../metering.ts'
import { toldToClient } from '../told.ts'
import { untilBack } from './away.ts'
import { bounded, inlineBytes } from './bytes.ts'
import { drawnOver } from './drawn.ts'
import { inTime, timeoutSignal } from './in-time.ts'
import { type JobLimitOptions, limitsOf } from './limits.ts'
import { type Delivery, hashOf, type MediaOrder, orderFor, quoteOf } from './order.ts'
import type { Placing } from './placing.ts'
import { tellable } from './tellable.ts'
import { ownerOf, type Whose } from './whose.ts'

export interface ExecutorServices {
  adapters: ReadonlyMap<string, ProviderAdapter>
  registry: Registry
  placing: Placing
  pools: OriginPools
  observer: AttemptObserver
  fetcher: SafeFetcher
  keeper: ArtifactKeeper
  /** The largest outputs that are taken. */
  outputBytes: { image: number; video: number }
  limits: JobLimitOptions
  /** Draws a composition over a picture that is kept. Throws TurnoutError. */
  draw(
    original: StoredArtifact,
    composition: ResolvedComposition,
    owner: Owner,
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array; warnings: string[] }>
  /** What a reference of a request leads to, as the provider can take it. Throws TurnoutError invalid_input. */
  resolve(reference: MediaReference, whose: Whose, links: boolean, signal: AbortSignal): Promise<Picture>
  /** Where the provider may tell of the end of an attempt; undefined where it cannot reach us. */
  callback(attemptId: string, provider: ProviderConnection): Pick<Delivery, 'callbackUrl' | 'callbackSecret'>
}

const requestOf = (job: Pick<JobRow, 'request'>): JobRequest => job.request as JobRequest

/** Where the numbers of composed outputs begin, beside those that they were drawn over. */
const COMPOSED = 50

/** How long the bytes of an output may take to come, in milliseconds. */
const FETCH_MS = { image: 120_000, video: 900_000 } as const
/** How long bytes that came with an answer are tried to be kept while the storage or the database is away. */
const KEEP_MS = 600_000
/** How often it is tried again at least where a client waits: that is free, and the output has been paid for. */
const FETCH_RETRIES = 2
/** Speaks to the providers for jobs. */
export class MediaExecutor implements Executor {
  readonly #services: ExecutorServices

  constructor(services: ExecutorServices) {
    this.#services = services
  }

  place(
    job: Placeable,
    tried: readonly AttemptRow[],
    isFull?: (placement: Placement) => boolean,
  ): Placement | undefined {
    const { placing, limits } = this.#services
    const last = tried.at(-1)
    const again = last !== undefined && job.deployment === last.deployment ? last.deployment : undefined
    const asked = new Set(tried.map(({ deployment }) => deployment))
    const candidates = placing.candidates(job)
    for (const { deployment, assignment } of candidates) {
      if (again === undefined ? asked.has(deployment.id) : deployment.id !== again) continue
      const placement: Placement = {
        deployment: deployment.id,
        provider: deployment.provider.id,
        upstreamModel: deployment.upstreamId,
        emulated: deployment.provider.emulated,
        assignment,
        limits: limitsOf(limits, deployment, requestOf(job).keyJobs),
      }
      if (isFull?.(placement) !== true) return placement
    }
    if (tried.length === 0 && candidates.length > 0) return undefined
    throw new TurnoutError('exhausted', 'Every deployment that could serve the job has failed.')
  }

  async prepare(
    job: JobRow,
    tried: readonly AttemptRow[],
    deploymentId: string,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { adapters, placing } = this.#services
    const deployment = this.#deployment(deploymentId)
    const order = orderFor(adapters, deployment, job.kind, requestOf(job))
    const provider = adapters.get(deployment.provider.adapter)
    if (tried.length === 0) placing.takeTurn(job)
    const resolve = (links: boolean) => (each: MediaReference) => this.#services.resolve(each, job, links, signal)
    // What is to be drawn over it is there before anything is paid.
    await Promise.all(drawnOver(job).map(resolve(false)))
    const found = await Promise.all(order.references.map(resolve(order.links)))
    return {
      // What is fetched is left out: a provider's word for the same picture may differ from one time to the next.
      payloadHash: hashOf({ deployment: deployment.id, upstream: deployment.upstreamId, request: job.request }),
      quoted: quoteOf(order),
      mapped: order.mapped,
      answersAtOnce: job.kind === 'text' || provider?.[job.kind]?.poll === undefined,
      send: (attemptId, until) => this.#send(order, found, attemptId, until),
    }
  }

  async #send(
    order: MediaOrder,
    found: readonly Picture[],
    attemptId: string,
    until: AbortSignal,
  ): Promise<MediaOutcome> {
    const { deployment } = order
    const { observer, pools } = this.#services
    const limit = AbortSignal.timeout(deployment.timeouts.totalMs)
    const giveUp = new AbortController()
    const plain = connectionTo(deployment, pools, anySignal([until, limit, giveUp.signal]), true)
    const connection = { ...plain, transport: watched(plain.transport, observer, deployment) }
    const startedAt = Date.now()
    const ended = (error: TurnoutError | undefined, settled?: Settled) =>
      observer.attemptEnded(deployment, {
        errorCode: error?.code,
        startedAt,
        latencyMs: Date.now() - startedAt,
        firstPartMs: undefined,
        retryAfterMs: error?.retryAfterMs,
        ...settled,
      })
    const callback = this.#services.callback(attemptId, deployment.provider)
    observer.attemptBegan(deployment)
    try {
      const outcome = await order.start(found, { ...callback, idempotencyKey: attemptId }, connection)
      ended(undefined, outcome.status === 'done' ? settledBy(outcome, deployment, order.settings) : undefined)
      return tellable(outcome, deployment)
    } catch (thrown) {
      // What is still open of the exchange, such as an answer that nobody reads, is cut.
      giveUp.abort()
      const error = toldToClient(inTime(thrown, limit, deployment), {
        deployment,
        paidOnAcceptance: true,
        committed: false,
      })
      const { usage = {}, providerCost } = error
      const failed = { usage, providerCost, mayBeBilled: mayBeBilled(error) }
      ended(error, { usage, cost: costOfFailure(deployment, failed, order.settings) })
      throw error
    }
  }

  async poll(job: JobRow, attempt: AttemptRow, operation: RemoteOperation, signal: AbortSignal): Promise<MediaOutcome> {
    const { deployment, adapter, connection } = this.#reach(job, attempt, signal)
    if (adapter.poll === undefined) {
      throw new TurnoutError('internal', `The adapter of ${attempt.provider} cannot ask for the work it has begun.`)
    }
    const { observer } = this.#services
    try {
      const outcome = await adapter.poll(operation, connection)
      if (outcome.status === 'done') {
        const { usage, providerCost: said } = outcome
        const reported = said ?? attempt.reported_nano
        observer.settled?.(deployment, { usage, cost: reported ?? this.priceOf(job, attempt, usage) })
      }
      return tellable(outcome, deployment)
    } catch (thrown) {
      const error = toldToClient(TurnoutError.from(thrown), { deployment, paidOnAcceptance: false, committed: false })
      // What says nothing of the work is asked again.
      if (!isTrouble(error)) {
        observer.settled?.(deployment, {
          usage: error.usage ?? {},
          cost: this.costOfFailure(job, attempt, error, true),
        })
      }
      throw error
    }
  }

  async cancel(job: JobRow, attempt: AttemptRow, operation: RemoteOperation, signal: AbortSignal): Promise<void> {
    const { adapter, connection } = this.#reach(job, attempt, signal)
    await adapter.cancel?.(operation, connection)
  }

  /** Short calls, each within its own time. */
  #reach(job: JobRow, attempt: AttemptRow, signal: AbortSignal, withinMs = POLL_MS) {
    const deployment = this.#deployment(attempt.deployment)
    const provider = this.#services.adapters.get(deployment.provider.adapter)
    const adapter = job.kind === 'text' ? undefined : provider?.[job.kind]
    if (adapter === undefined) {
      throw new TurnoutError('model_not_enabled', `There is nothing to ask ${attempt.provider} about a ${job.kind}.`)
    }
    const limited = anySignal([signal, timeoutSignal(withinMs, attempt.provider)])
    return { deployment, adapter, connection: connectionTo(deployment, this.#services.pools, limited) }
  }

  #deployment(id: string): Deployment {
    return this.#services.registry.snapshot.resolve(id).deployment
  }

  async stage(job: JobRow, attempt: AttemptRow, done: MediaDone, signal: AbortSignal): Promise<Made> {
    const { usage, warnings, providerCost, upstreamRequestId } = done
    const media = await Promise.all(done.media.map((each, index) => this.#stageOne(job, attempt, each, index, signal)))
    return {
      media,
      usage,
      warnings,
      ...(providerCost !== undefined && { providerCost: String(providerCost) }),
      ...(upstreamRequestId !== undefined && { upstreamRequestId }),
    }
  }

  async #stageOne(
    job: JobRow,
    attempt: AttemptRow,
    media: Media,
    index: number,
    signal: AbortSignal,
  ): Promise<MadeMedia> {
    const { mediaType, url, sealed, revisedPrompt, seed, drawn } = media
    const told = {
      mediaType,
      ...(revisedPrompt !== undefined && { revisedPrompt }),
      ...(seed !== undefined && { seed }),
      ...(drawn && { drawn }),
    }
    const bytes = media.bytes ?? inlineBytes(url)
    if (job.kind === 'text' && bytes !== undefined) return { ...told, text: Buffer.from(bytes).toString() }
    const keep = (open: () => Uint8Array | AsyncIterable<Uint8Array>) =>
      untilBack(() => this.#keep(job, attempt, open(), { ...told, index }, signal), KEEP_MS, signal)
    try {
      if (bytes !== undefined) return { ...told, artifact: await keep(() => bytes) }
      if (media.body === undefined) return { ...told, ...(url !== undefined && { url }), ...(sealed && { sealed }) }
      // They come once, and have been paid for.
      const body = bounded(media.body, this.#services.outputBytes[kindOf(job)], attempt.provider)
      return { ...told, artifact: await withScratchFile(body, (file) => keep(() => createReadStream(file))) }
    } catch (thrown) {
      const error = TurnoutError.from(thrown)
      return { ...told, error: { code: error.code, message: error.message } }
    }
  }

  async collect(
    job: JobRow,
    attempt: AttemptRow,
    made: Made,
    index: number,
    signal: AbortSignal,
  ): Promise<StoredArtifact> {
    const kind = kindOf(job)
    const limits = { maxBytes: this.#services.outputBytes[kind], timeoutMs: FETCH_MS[kind] }
    const { deployment, adapter, connection } = this.#reach(job, attempt, signal, limits.timeoutMs)
    const media = made.media[index]!
    const origin = { provider: attempt.provider, adapter, connection, signal: connection.signal }
    try {
      const bytes = await openOutput(media, origin, this.#services, limits)
      return await this.#keep(job, attempt, bytes, { ...media, index }, connection.signal)
    } catch (thrown) {
      const failure = fetchFailure(thrown, attempt.provider)
      const isOver =
        requestOf(job).pressing === true &&
        !isAway(failure) &&
        job.tries >= Math.max(FETCH_RETRIES, deployment.retry.maxRetries)
      const error = isOver ? failure.with({ retryable: false }) : failure
      throw toldToClient(error, { deployment, paidOnAcceptance: false, committed: false })
    }
  }

  async compose(job: JobRow, attempt: AttemptRow, original: StoredArtifact, index: number, signal: AbortSignal) {
    const { composition } = requestOf(job)
    const { bytes, warnings } = await this.#services.draw(original, composition!, ownerOf(job), signal)
    return { artifact: await this.#keep(job, attempt, bytes, { index: COMPOSED + index }, signal), warnings }
  }

  #keep(
    job: JobRow,
    attempt: AttemptRow,
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
    about: { index: number; seed?: number; revisedPrompt?: string },
    signal: AbortSignal,
  ): Promise<StoredArtifact> {
    const { inputs, options } = requestOf(job)
    return this.#services.keeper.keep(bytes, {
      id: outputId(job.id, about.index),
      kind: 'output',
      jobId: job.parent_id ?? job.id,
      attemptId: attempt.id,
      index: job.place * 100 + about.index,
      keyId: job.key_id,
      user: job.user_id,
      expected: kindOf(job),
      signal,
      lineage: {
        model: job.model,
        deployment: attempt.deployment,
        provider: attempt.provider,
        providerRequestId: attempt.upstream_request_id,
        prompt: typeof inputs.prompt === 'string' ? inputs.prompt : null,
        inputs: { ...inputs, ...options },
        seed: about.seed ?? null,
        cost: attempt.reported_nano === null ? null : formatDollars(attempt.reported_nano),
      },
    })
  }

  judge(job: JobRow, attempts: readonly AttemptRow[], error: TurnoutError): Verdict {
    const last = attempts.at(-1)!
    if (!isSurelyUnmade(error)) return { end: true }
    const { registry } = this.#services
    try {
      const route = registry.snapshot.route(job.model, requestOf(job).productType)
      const several = route.candidates.length > 1
      const { retry } = this.#deployment(last.deployment)
      const retries = attempts.filter(({ deployment }) => deployment === last.deployment).length - 1
      // Once it was accepted, the same deployment is not asked for the same again: it has said that it failed.
      if (last.operation === null) {
        const delay = (several ? sameAgain : retryDelay)(retry, error, retries, Math.random())
        if (delay !== null) return { again: delay }
      }
      const fallbacks = new Set(attempts.map(({ deployment }) => deployment)).size - 1
      const trigger = triggerOf(error)
      if (!several || trigger === undefined || !route.fallback.on[trigger] || fallbacks >= route.fallback.max) {
        return { end: true }
      }
      this.place({ ...job, deployment: null }, attempts)
      return { fallback: true }
    } catch {
      return { end: true }
    }
  }

  priceOf(job: JobRow, attempt: AttemptRow, usage: Made['usage']): bigint | null {
    return this.#priced(job, attempt, (deployment, settings) => priceOf(deployment, usage, settings))
  }

  costOfFailure(job: JobRow, attempt: AttemptRow, error: TurnoutError, accepted: boolean): bigint | null {
    const { usage, providerCost } = error
    const failed = { usage, providerCost, mayBeBilled: accepted || mayBeBilled(error) }
    return this.#priced(job, attempt, (deployment, settings) => costOfFailure(deployment, failed, settings))
  }

  /** Null where the model was taken away meanwhile, and its prices with it. */
  #priced(
    job: JobRow,
    attempt: AttemptRow,
    price: (deployment: Deployment, settings: MediaOrder['settings']) => bigint | null,
  ): bigint | null {
    try {
      const deployment = this.#deployment(attempt.deployment)
      return price(deployment, orderFor(this.#services.adapters, deployment, job.kind, requestOf(job)).settings)
    } catch {
      return null
    }
  }
}

/** How long a poll or a cancellation may take. */
const POLL_MS = 30_000

/** What a call came to that has answered with its outputs. */
const settledBy = (
  { usage, providerCost }: MediaDone,
  deployment: Deployment,
  settings: MediaOrder['settings'],
): Settled => ({ usage, cost: providerCost ?? priceOf(deployment, usage, settings) })

/** What its outputs are; a text is none that is kept as a file. */
const kindOf = ({ kind }: JobRow): 'image' | 'video' => (kind === 'video' ? 'video' : 'image')
