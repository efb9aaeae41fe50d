import type { Usage } from '@turnout/contract'
import type { ImageAdapter, ProviderAdapter } from '../../core/adapter.ts'
import { mayBeBilled } from '../../core/delivery.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import { fitImage } from '../../core/image/fit.ts'
import { pricedSettings } from '../../core/image/priced.ts'
import type { FittedImage, ImageRequest, MappedSetting, SettingNames } from '../../core/image/request.ts'
import { formatSize } from '../../core/image/size.ts'
import type { ImageCall } from '../../core/media.ts'
import type { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { type AttemptServices, attempt, succeeded } from '../attempts.ts'
import { inlinePicture, supplyPictures } from '../inputs.ts'
import type { Metered } from '../metering.ts'
import type { Router } from '../routing/router.ts'
import { addCosts, addUsage, gravest, settleAll, split } from './batch.ts'
import { drive } from './driver.ts'
import { type Collected, collect, FETCH_MS, type Output, type Sink } from './outputs.ts'

export interface ImageServices extends AttemptServices {
  router: Router
  fetcher: SafeFetcher
}

/** A request for pictures that its deployment can take: nothing has been called yet. */
export interface ImageOrder {
  deployment: Deployment
  adapter: ImageAdapter
  request: ImageRequest
  names: SettingNames
  fitted: FittedImage
  metered: Metered
}

/** What is known of a request for pictures besides itself. */
export type ImageMetered = Pick<Metered, 'requestId' | 'operation' | 'keyId' | 'user' | 'trail'>

/** @throws TurnoutError capability_missing, invalid_input: by the names of the request's settings */
export function orderImages(
  adapters: ReadonlyMap<string, ProviderAdapter>,
  deployment: Deployment,
  request: ImageRequest,
  metered: ImageMetered,
  names: SettingNames = {},
): ImageOrder {
  const { model, provider } = deployment
  const adapter = adapters.get(provider.adapter)?.image
  if (adapter === undefined) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} cannot be used here: ${provider.id} does not make pictures.`,
      { param: 'model', provider: provider.id },
    )
  }
  const fitted = fitImage(model, request, names)
  const { size, quality, inputs } = fitted.settings
  const sent = { ...model.defaults, ...inputs, ...(quality && { quality }), ...(size && { size: formatSize(size) }) }
  return {
    deployment,
    adapter,
    request,
    names,
    fitted,
    metered: { ...metered, streamed: false, settings: pricedSettings(sent) },
  }
}

/** The largest seed that all providers take. */
const MAX_SEED = 4_294_967_294

/** One call for as many pictures as the model makes at once, each further one with the next seed. */
function callsOf({ deployment, fitted, names }: ImageOrder): {
  calls: Omit<ImageCall, 'pictures' | 'mask'>[]
  mapped: MappedSetting[]
} {
  const { model, upstreamId } = deployment
  const { count, seed } = fitted.settings
  const counts = split(count, model.limits.images ?? count)
  const calls = counts.map((each, index) => ({
    ...fitted.settings,
    model: upstreamId,
    defaults: model.defaults,
    count: each,
    seed: seed === undefined ? undefined : (seed + index) % (MAX_SEED + 1),
  }))
  if (seed === undefined || calls.length === 1) return { calls, mapped: fitted.mapped }
  const reason = `the model makes at most ${model.limits.images} per call: each further call has the next seed`
  const used = calls.map((call) => call.seed)
  return { calls, mapped: [...fitted.mapped, { setting: names.seed ?? 'seed', asked: seed, used, reason }] }
}

/** What one call came to. */
interface Made {
  collected: Collected[]
  usage: Usage
  cost: bigint | null
  warnings: string[]
}

export interface MadeImages {
  images: Output[]
  usage: Usage
  /** Nano-dollars; null when not known. */
  cost: bigint | null
  attempts: number
  warnings: string[]
  mapped: MappedSetting[]
}

export interface ImageRun {
  signal: AbortSignal
  sink: Sink
  /** Hears of every attempt when it begins, and how many there have been. */
  onAttempt?(attempts: number): void
}

/** Makes one call, with as many attempts as the policy allows until the provider has accepted it. */
async function make(
  services: ImageServices,
  { deployment, adapter, metered }: ImageOrder,
  call: ImageCall,
  { signal, sink, onAttempt }: ImageRun,
): Promise<Made> {
  const provider = deployment.provider.id
  const plan = { ...metered, deployment, signal, paidOnAcceptance: true, onAttempt }
  const { done, cost, collected } = await attempt(services, plan, async (scope) => {
    const { connection, meter, patience } = scope
    const done = await drive(adapter, call, connection)
    scope.usage = done.usage
    if (done.media.length === 0) {
      const { upstreamRequestId } = done
      const message = `${provider} answered without a picture.`
      throw new TurnoutError('invalid_output', message, { provider, upstreamRequestId, retryable: false })
    }
    const cost = await succeeded(meter, done.usage, done.upstreamRequestId, done.providerCost)
    // From here on nothing may throw: the record is closed, and what is paid for is not made again.
    patience.expect(FETCH_MS, 'did not send its pictures')
    const source = { provider, adapter, connection, signal, sink }
    const collected = await Promise.all(done.media.map((media) => collect(media, source, services)))
    patience.stop()
    return { done, cost, collected }
  })
  const missing = call.count - done.media.length
  const fewer = missing > 0 ? [`${provider} made ${done.media.length} of the ${call.count} pictures of a call.`] : []
  return { collected, usage: done.usage, cost, warnings: [...done.warnings, ...fewer] }
}

const unique = (sentences: readonly string[]): string[] => [...new Set(sentences)]

/**
 * Makes the pictures of a request, by several calls where the model makes
 * fewer at once. What has been made has been paid for, so it is answered
 * although other calls have failed, with a warning that says how many and why;
 * only where nothing could be made does the request fail.
 *
 * @throws TurnoutError
 */
export async function makeImages(services: ImageServices, order: ImageOrder, run: ImageRun): Promise<MadeImages> {
  const { adapter, request, names, metered } = order
  const { trail } = metered
  const { signal } = run
  const [pictures, mask] = await Promise.all([
    request.pictures && supplyPictures(request.pictures, adapter.links, services, signal, names.pictures ?? 'pictures'),
    request.mask && 'url' in request.mask && !adapter.links
      ? inlinePicture(request.mask.url, services, signal, names.mask ?? 'mask')
      : request.mask,
  ])
  const { calls, mapped } = callsOf(order)
  let attempts = 0
  const counted: ImageRun = {
    ...run,
    onAttempt: () => {
      attempts = trail?.attempts ?? attempts + 1
      run.onAttempt?.(attempts)
    },
  }
  const settled = await settleAll(
    calls.map((call) => () => make(services, order, { ...call, pictures, mask }, counted)),
  )
  const made = settled.flatMap(({ value }) => (value ? [value] : []))
  const collected = made.flatMap((each) => each.collected)
  const images = collected.flatMap(({ output }) => (output ? [output] : []))
  const failed = settled.flatMap(({ error }) => (error ? [error] : []))
  const errors = [...failed, ...collected.flatMap(({ error }) => (error ? [error] : []))]
  if (images.length === 0) throw gravest(errors)
  const reasons = unique(errors.map(({ message }) => message))
  const missing = request.count - images.length
  return {
    images,
    usage: addUsage(made.map(({ usage }) => usage)),
    cost: addCosts([...made.map(({ cost }) => cost), ...failed.map(costOfFailure)]),
    attempts,
    warnings: unique([
      ...(errors.length > 0 ? [`${missing} of ${request.count} pictures could not be made: ${reasons.join(' ')}`] : []),
      ...made.flatMap(({ warnings }) => warnings),
      ...collected.flatMap(({ warning }) => (warning ? [warning] : [])),
    ]),
    mapped,
  }
}

/** Nothing for what was refused; nobody knows what for what was cut or lost. */
const costOfFailure = (error: TurnoutError): bigint | null =>
  error.code !== 'content_policy' && mayBeBilled(error) ? null : 0n
