import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, MediaOutcome, RemoteOperation, VideoCall } from '../../core/media.ts'
import type { Picture } from '../../core/text.ts'
import { defined } from '../../lib/objects.ts'
import { asPath } from '../fal/path.ts'
import { json, readObject } from '../shared/exchange.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { leftOut, mediaTypeOfFormat, mediaTypeOfUrl, requireAtMost, urlOf } from '../shared/media.ts'
import { codeOfSentence } from './errors.ts'
import type { Served } from './mapping.ts'
import { routed } from './router.ts'
import type { Route } from './routes.ts'

interface Operation {
  via: 'replicate'
  id: string
  mediaType: string
  warnings: string[]
}

const POLL_MS = 1000

/** The statuses in which a prediction has ended without a result; any other one is on its way. */
const ENDED: ReadonlySet<unknown> = new Set(['failed', 'canceled', 'aborted'])

/** A picture under each of the names that models have for it. */
function pictureFields(pictures: readonly Picture[] = [], provider: string): Record<string, unknown> {
  requireAtMost(pictures, 1, provider)
  const [picture] = pictures
  if (picture === undefined) return {}
  const url = urlOf(picture)
  return { image: url, images: [url], input_image: url, input_images: [url] }
}

type Answer = Readonly<Record<string, unknown>>

function readPrediction(
  { id, status, output, error }: Answer,
  operation: Omit<Operation, 'id'>,
  response: TransportResponse,
  provider: string,
): MediaOutcome {
  const upstreamRequestId = text(id) ?? response.headers['x-request-id']
  const urls = [output].flat().flatMap((url) => text(url) ?? [])
  if (ENDED.has(status)) {
    const message = text(error) ?? `the prediction ended as ${status}`
    const code = status === 'failed' ? (codeOfSentence(message) ?? 'upstream_error') : 'canceled'
    const told = { provider, upstreamStatus: 200, upstreamCode: String(status), upstreamRequestId }
    throw new TurnoutError(code, `${provider}: ${message}`, told)
  }
  if (urls.length > 0) {
    const { mediaType, warnings } = operation
    const media = urls.map((url) => ({ url, mediaType: mediaTypeOfUrl(url) ?? mediaType }))
    const usage = mediaType.startsWith('video/') ? {} : { images: media.length }
    return { status: 'done', media, usage, warnings, upstreamRequestId }
  }
  const predictionId = text(id)
  if (status === 'succeeded' || predictionId === undefined) {
    throw invalidOutput(provider, 'finished the prediction without a result', response, false)
  }
  const stored: Operation = { ...operation, id: predictionId }
  const { warnings } = operation
  return { status: 'pending', operation: { ...stored }, pollAfterMs: POLL_MS, warnings, upstreamRequestId }
}

/** Asks, and waits for the result as long as Replicate lets one wait, which is a minute. */
async function predict(
  input: Record<string, unknown>,
  operation: Omit<Operation, 'id'>,
  { providerId }: Served,
  connection: Connection,
): Promise<MediaOutcome> {
  // A model that is not one of Replicate's official ones is asked for by its version.
  const [model, version] = providerId.split(':')
  const path = version === undefined ? `replicate/v1/models/${asPath(model!)}/predictions` : 'replicate/v1/predictions'
  const response = await routed(path, json({ input, version }, { prefer: 'wait' }), connection)
  return readPrediction(await readObject(response, connection.provider), operation, response, connection.provider)
}

function weightsOf({ weightsPath, model }: Served): Record<string, unknown> {
  return weightsPath === undefined ? {} : { lora_weights: `https://huggingface.co/${model}` }
}

function image(call: ImageCall, served: Served, connection: Connection): Promise<MediaOutcome> {
  const derived: Record<string, unknown> = {
    prompt: call.prompt,
    guidance_scale: call.guidanceScale,
    negative_prompt: call.negativePrompt,
    num_inference_steps: call.steps,
    ...call.size,
    aspect_ratio: call.aspectRatio,
    seed: call.seed,
    ...pictureFields(call.pictures, connection.provider),
    ...weightsOf(served),
  }
  const warnings = leftOut(call, [
    'pictures',
    'size',
    'aspectRatio',
    'seed',
    'negativePrompt',
    'guidanceScale',
    'steps',
  ])
  const input = { ...call.defaults, ...defined(derived), ...call.inputs }
  const mediaType = mediaTypeOfFormat(input.output_format) ?? 'image/webp'
  return predict(input, { via: 'replicate', mediaType, warnings }, served, connection)
}

function video(call: VideoCall, served: Served, connection: Connection): Promise<MediaOutcome> {
  const derived = {
    prompt: call.prompt,
    negative_prompt: call.negativePrompt,
    aspect_ratio: call.aspectRatio,
    resolution: call.resolution,
    duration: call.seconds,
    seed: call.seed,
    ...pictureFields(call.pictures, connection.provider),
  }
  const taken = ['pictures', 'aspectRatio', 'resolution', 'seconds', 'seed', 'negativePrompt'] as const
  const input = { ...call.defaults, ...defined(derived), ...call.inputs }
  const operation = { via: 'replicate' as const, mediaType: 'video/mp4', warnings: leftOut(call, taken) }
  return predict(input, operation, served, connection)
}

const isOperation = (stored: RemoteOperation): stored is RemoteOperation & Operation =>
  typeof stored.id === 'string' && typeof stored.mediaType === 'string' && Array.isArray(stored.warnings)

async function poll(stored: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  if (!isOperation(stored))
    throw new TurnoutError('internal', `The stored operation is none of ${provider}.`, { provider })
  const response = await routed(`replicate/v1/predictions/${encodeURIComponent(stored.id)}`, {}, connection)
  return readPrediction(await readObject(response, provider), stored, response, provider)
}

/**
 * Replicate behind the router. Sources: huggingface.js, `packages/inference`,
 * and Replicate's HTTP API, read November 2026. That the router passes polls
 * through is not documented.
 */
export const replicate: Route = {
  tasks: ['text-to-image', 'image-to-image', 'text-to-video', 'image-to-video'],
  image,
  video,
  poll,
}
