import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, MediaOutcome, RemoteOperation, VideoCall } from '../../core/media.ts'
import { falResultError } from '../fal/errors.ts'
import { imageRequest } from '../fal/image-request.ts'
import { asPath } from '../fal/path.ts'
import { type Asked, isUnderway, queuePosition } from '../fal/queue.ts'
import { readResult } from '../fal/result.ts'
import { videoRequest } from '../fal/video-request.ts'
import { json, readObject } from '../shared/exchange.ts'
import { type ErrorReader, invalidOutput, text } from '../shared/failure.ts'
import { mediaTypeOfFormat } from '../shared/media.ts'
import { huggingFaceError } from './errors.ts'
import type { Served } from './mapping.ts'
import { routed } from './router.ts'
import type { Route } from './routes.ts'

/** A request in fal's queue, which is asked for through the router. */
interface Operation extends Asked {
  via: 'fal-ai'
  requestId: string
  /** The path of its result in the queue, such as `fal-ai/flux/requests/1`. */
  path: string
}

const QUEUE = '?_subdomain=queue'
const IMAGE_POLL_MS = 500
const VIDEO_POLL_MS = 2000

/** What fal says of its work is read as fal's, and what the router says as the router's. */
const resultError: ErrorReader = (status, headers, body, provider) => {
  const error = falResultError(status, headers, body, provider)
  return error.upstreamStatus === status ? huggingFaceError(status, headers, body, provider) : error
}

/** The path of a result; all else in its URL is fal's own address, where the router's credential does not go. */
function pathOf(url: unknown, requestId: string, response: TransportResponse, provider: string): string {
  const path = typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname.slice(1) : ''
  if (requestId !== '' && /^[\w./-]+$/.test(path) && path.includes(requestId)) return path
  throw invalidOutput(provider, 'accepted the request without saying where to ask for its result', response, false)
}

async function submit(
  body: unknown,
  asked: Asked,
  { providerId }: Served,
  pollAfterMs: number,
  connection: Connection,
) {
  const response = await routed(`fal-ai/${asPath(providerId)}${QUEUE}`, json(body, {}), connection)
  const answer = await readObject(response, connection.provider)
  const requestId = text(answer.request_id) ?? ''
  const path = pathOf(answer.response_url, requestId, response, connection.provider)
  const operation: Operation = { via: 'fal-ai', requestId, path, ...asked }
  return {
    status: 'pending' as const,
    operation: { ...operation },
    pollAfterMs,
    ...queuePosition(answer),
    warnings: asked.warnings,
    upstreamRequestId: requestId,
  }
}

/** The LoRA that a model on the Hub is, laid over the model that fal has. */
function withWeights<Call extends ImageCall | VideoCall>(call: Call, served: Served): Call {
  const model = served.providerId
  if (served.weightsPath === undefined) return { ...call, model }
  const own = { path: `${served.hub}/${served.model}/resolve/main/${served.weightsPath}`, scale: 1 }
  const loras = [own, ...(('loras' in call && call.loras) || [])]
  const base = model === 'fal-ai/lora' ? { model_name: 'stabilityai/stable-diffusion-xl-base-1.0' } : {}
  return { ...call, model, inputs: { loras, ...base, ...call.inputs } }
}

function image(call: ImageCall, served: Served, connection: Connection): Promise<MediaOutcome> {
  const { body, warnings } = imageRequest(withWeights(call, served), connection.provider)
  const mediaType = mediaTypeOfFormat(body.output_format) ?? 'image/jpeg'
  return submit(body, { mediaType, warnings }, served, IMAGE_POLL_MS, connection)
}

function video(call: VideoCall, served: Served, connection: Connection): Promise<MediaOutcome> {
  const { body, warnings, seconds } = videoRequest(withWeights(call, served), connection.provider)
  const asked = { mediaType: 'video/mp4', ...(seconds !== undefined && { seconds }), warnings }
  return submit(body, asked, served, VIDEO_POLL_MS, connection)
}

const isOperation = (stored: RemoteOperation): stored is RemoteOperation & Operation =>
  typeof stored.path === 'string' && typeof stored.requestId === 'string' && typeof stored.mediaType === 'string'

function readOperation(stored: RemoteOperation, provider: string): Operation {
  if (isOperation(stored)) return stored
  throw new TurnoutError('internal', `The stored operation is none of ${provider}.`, { provider })
}

/** As with fal itself, the poll that sees the end asks for the result at once. */
async function poll(stored: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const operation = readOperation(stored, provider)
  const { path, requestId, mediaType } = operation
  const answer = await routed(`fal-ai/${path}/status${QUEUE}`, {}, connection)
  const status = await readObject(answer, provider)
  if (isUnderway(status, answer)) {
    const pollAfterMs = mediaType.startsWith('video/') ? VIDEO_POLL_MS : IMAGE_POLL_MS
    return { status: 'pending', operation: stored, pollAfterMs, ...queuePosition(status), upstreamRequestId: requestId }
  }
  const response = await routed(`fal-ai/${path}${QUEUE}`, {}, connection, resultError)
  return readResult(await readObject(response, provider), operation, response, requestId, provider)
}

/**
 * fal's queue behind the router. It is not documented that the router passes a
 * cancellation on, so there is none.
 * Source: huggingface.js, `packages/inference`, read November 2026.
 */
export const falAi: Route = {
  tasks: ['text-to-image', 'image-to-image', 'text-to-video', 'image-to-video'],
  image,
  video,
  poll,
}
