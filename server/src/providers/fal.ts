import type { Connection, ImageAdapter, ProviderAdapter, VideoAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { ImageCall, MediaOutcome, MediaPending, RemoteOperation, VideoCall } from '../core/media.ts'
import { readCallback } from './fal/callback.ts'
import { falError, falResultError } from './fal/errors.ts'
import { imageRequest } from './fal/image-request.ts'
import { appPath, asPath } from './fal/path.ts'
import { type Asked, isUnderway, pendingOf, readAccepted, readOperation, requireTrusted } from './fal/queue.ts'
import { declaredRequest } from './fal/request.ts'
import { readResult } from './fal/result.ts'
import { videoRequest } from './fal/video-request.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { mediaTypeOfFormat } from './shared/media.ts'

/** Pictures take seconds, videos minutes. */
const IMAGE_POLL_MS = 500
const VIDEO_POLL_MS = 2000

const credentialOf = ({ credential }: Connection): Record<string, string> =>
  credential === undefined ? {} : { authorization: `Key ${credential}` }

/**
 * What the settings say of the queue: `queuePriority` (`normal` or `low`),
 * `startTimeoutSeconds` after which work that has not begun is given up, and
 * `noRetry`. Without that, fal itself tries again what its runners have
 * dropped, which costs nothing.
 * Source: fal.ai/docs, Platform Headers, read November 2026.
 */
function queueHeaders(connection: Connection): Record<string, string> {
  const { queuePriority, startTimeoutSeconds, noRetry } = connection.settings
  const headers = credentialOf(connection)
  if (queuePriority === 'normal' || queuePriority === 'low') headers['x-fal-queue-priority'] = queuePriority
  if (typeof startTimeoutSeconds === 'number') headers['x-fal-request-timeout'] = String(startTimeoutSeconds)
  if (noRetry === true) headers['x-fal-no-retry'] = '1'
  return headers
}

/** A call as the queue takes it. */
interface Ordered {
  model: string
  body: unknown
  asked: Asked
  callbackUrl: string | undefined
}

async function submit(
  { model, body, asked, callbackUrl }: Ordered,
  pollAfterMs: number,
  connection: Connection,
): Promise<MediaOutcome> {
  const request = json(body, queueHeaders(connection))
  const query = callbackUrl === undefined ? '' : `?fal_webhook=${encodeURIComponent(callbackUrl)}`
  const response = await exchange(`${connection.baseUrl}/${asPath(model)}${query}`, request, connection, falError)
  const answer = await readObject(response, connection.provider)
  const { warnings } = asked
  return { ...pendingOf(answer, readAccepted(answer, asked, response, connection), pollAfterMs), warnings }
}

/** The call of the endpoint that the model's record has chosen for it. */
const atEndpoint = <Call extends ImageCall | VideoCall>(call: Call): Call =>
  call.endpoint === undefined ? call : { ...call, model: call.endpoint }

function orderedImage(given: ImageCall, { provider }: Connection): Ordered {
  const call = atEndpoint(given)
  const { body, warnings } = declaredRequest(call) ?? imageRequest(call, provider)
  const mediaType = mediaTypeOfFormat(body.output_format ?? body.format ?? body.image_format) ?? 'image/jpeg'
  return { model: call.model, body, asked: { mediaType, warnings }, callbackUrl: call.callbackUrl }
}

function orderedVideo(given: VideoCall, { provider }: Connection): Ordered {
  const call = atEndpoint(given)
  const declared = declaredRequest(call)
  const { body, warnings, seconds } = declared ? { ...declared, seconds: call.seconds } : videoRequest(call, provider)
  const asked = { mediaType: 'video/mp4', ...(seconds !== undefined && { seconds }), warnings }
  return { model: call.model, body, asked, callbackUrl: call.callbackUrl }
}

/** A request whose URLs nobody has heard, because the answer was lost: then they are built, as fal's own client does. */
function recovered({ model, asked }: Ordered, requestId: string, connection: Connection): MediaPending {
  const url = `${connection.baseUrl}/${appPath(model)}/requests/${encodeURIComponent(requestId)}`
  const urls = { statusUrl: `${url}/status`, responseUrl: url, cancelUrl: `${url}/cancel` }
  return { ...pendingOf({}, { requestId, ...urls, logs: 0, ...asked }, 0), warnings: asked.warnings }
}

/**
 * Asks how the work is and, when it is complete, for its result at once: both
 * questions are free and may be repeated, and the status of a request that has
 * failed is `COMPLETED` as well.
 */
async function poll(stored: RemoteOperation, connection: Connection, pollAfterMs: number): Promise<MediaOutcome> {
  const { provider } = connection
  const operation = readOperation(stored, provider)
  const headers = credentialOf(connection)
  const statusUrl = requireTrusted(operation.statusUrl, connection, true)
  const query = statusUrl.includes('?') ? '&logs=1' : '?logs=1'
  const answer = await exchange(statusUrl + query, { headers }, connection, falError)
  const status = await readObject(answer, provider)
  if (isUnderway(status, answer)) return pendingOf(status, operation, pollAfterMs)
  const responseUrl = requireTrusted(operation.responseUrl, connection, true)
  const response = await exchange(responseUrl, { headers }, connection, falResultError)
  return readResult(await readObject(response, provider), operation, response, operation.requestId, provider)
}

/** Takes a request out of the queue, or asks its runner to stop; one that is complete stays so. */
async function cancel(stored: RemoteOperation, connection: Connection): Promise<void> {
  const { cancelUrl } = readOperation(stored, connection.provider)
  if (cancelUrl === undefined) return
  const request = { method: 'PUT' as const, headers: credentialOf(connection) }
  try {
    const response = await exchange(requireTrusted(cancelUrl, connection, true), request, connection, falError)
    await response.text()
  } catch (error) {
    // 400 ALREADY_COMPLETED
    if (!(error instanceof TurnoutError) || error.upstreamStatus !== 400) throw error
  }
}

const image: ImageAdapter = {
  links: true,
  start: async (call, connection) => submit(orderedImage(call, connection), IMAGE_POLL_MS, connection),
  poll: (operation, connection) => poll(operation, connection, IMAGE_POLL_MS),
  cancel,
  recover: (call, requestId, connection) => recovered(orderedImage(call, connection), requestId, connection),
}

const video: VideoAdapter = {
  links: true,
  start: async (call, connection) => submit(orderedVideo(call, connection), VIDEO_POLL_MS, connection),
  poll: (operation, connection) => poll(operation, connection, VIDEO_POLL_MS),
  cancel,
  recover: (call, requestId, connection) => recovered(orderedVideo(call, connection), requestId, connection),
}

/** fal's queue, for any of its endpoints: the upstream id of a model is the endpoint's. */
export const fal: ProviderAdapter = { id: 'fal', image, video, readCallback }
