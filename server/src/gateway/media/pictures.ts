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
import { addCosts, addUsage } from '../../core/usage.ts'
import { type AttemptServices, attempt, succeeded } from '../attempts.ts'
import { type InputServices, supplyPicture, supplyPictures } from '../inputs.ts'
import { costOfFailure, type Metered } from '../metering.ts'
import type { Router } from '../routing/router.ts'
import { gravest, settleAll, split } from './batch.ts'
import { drive } from './driver.ts'
import { type Collected, collect, FETCH_MS, type Output, type Sink } from './outputs.ts'

export interface ImageServices extends AttemptServices, InputServices {
  router: Router
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
  const { size, quality, inputs, endpoint } = fitted.settings
  const sent = {
    ...model.defaults,
    ...inputs,
    endpoint,
    ...(quality && { quality }),
    ...(size && { size: formatSize(size) }),
  }
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
  /** Whether the client may get the provider's own address of a picture that cannot be fetched. */
  handsOut?: boolean
  /** Numbers the attempts, where they have no trail that does so. */
  begin?(): number
  /** Hears of every attempt when it begins, and how many there have been. */
  onAttempt?(attempts: number): void
}

/** Makes one call, with as many attempts as the policy allows until the provider has accepted it. */
async function make(
  services: ImageServices,
  { deployment, adapter, metered }: ImageOrder,
  call: ImageCall,
  { signal, sink, handsOut, begin, onAttempt }: ImageRun,
): Promise<Made> {
  const provider = deployment.provider.id
  const plan = { ...metered, deployment, signal, paidOnAcceptance: true, begin, onAttempt }
  const { done, cost, collected } = await attempt(services, plan, async (scope) => {
    const { connection, meter, patience } = scope
    const done = await drive(adapter, call, connection)
    scope.usage = done.usage
    const { usage, providerCost, upstreamRequestId } = done
    if (done.media.length === 0) {
      const message = `${provider} answered without a picture.`
      throw new TurnoutError('invalid_output', message, { provider, upstreamRequestId, providerCost, retryable: false })
    }
    patience.expect(FETCH_MS, 'did not send its pictures')
    const source = { provider, adapter, connection, signal, sink, handsOut }
    const collected = await Promise.all(done.media.map((media) => collect(media, source, services)))
    patience.stop()
    // What was paid for and cannot be had is a failure, but one that costs what it costs and is not made again.
    const errors = collected.map(({ error }) => error).filter((error) => error !== undefined)
    if (errors.length === collected.length) throw gravest(errors).with({ usage, providerCost, upstreamRequestId })
    const cost = await succeeded(meter, usage, upstreamRequestId, providerCost)
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
    request.pictures &&
      supplyPictures(request.pictures, adapter.links, services, signal, names.pictures ?? 'pictures', metered),
    request.mask && supplyPicture(request.mask, adapter.links, services, signal, names.mask ?? 'mask', metered),
  ])
  const { calls, mapped } = callsOf(order)
  let attempts = 0
  const counted: ImageRun = {
    ...run,
    begin: () => attempts + 1,
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
    cost: addCosts([...made.map(({ cost }) => cost), ...failed.map((error) => costOf(order, error))]),
    attempts,
    warnings: unique([
      ...(errors.length > 0 ? [`${missing} of ${request.count} pictures could not be made: ${reasons.join(' ')}`] : []),
      ...made.flatMap(({ warnings }) => warnings),
      ...collected.flatMap(({ warning }) => (warning ? [warning] : [])),
    ]),
    mapped,
  }
}

/** What a call that failed has cost all the same. */
const costOf = ({ deployment, metered }: ImageOrder, error: TurnoutError): bigint | null =>
  costOfFailure(deployment, { ...error, mayBeBilled: mayBeBilled(error) }, metered.settings)
