import type { Connection, ImageAdapter, ProviderAdapter, VideoAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { ImageCall, MediaOutcome, RemoteOperation, VideoCall } from '../core/media.ts'
import { falError, falResultError } from './fal/errors.ts'
import { imageRequest } from './fal/image-request.ts'
import { asPath } from './fal/path.ts'
import { type Asked, isUnderway, pendingOf, readAccepted, readOperation, requireTrusted } from './fal/queue.ts'
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
function queueHeaders({ settings }: Connection): Record<string, string> {
  const { queuePriority, startTimeoutSeconds, noRetry } = settings
  return {
    ...((queuePriority === 'normal' || queuePriority === 'low') && { 'x-fal-queue-priority': queuePriority }),
    ...(typeof startTimeoutSeconds === 'number' && { 'x-fal-request-timeout': String(startTimeoutSeconds) }),
    ...(noRetry === true && { 'x-fal-no-retry': '1' }),
  }
}

async function submit(
  model: string,
  body: unknown,
  asked: Asked,
  pollAfterMs: number,
  connection: Connection,
): Promise<MediaOutcome> {
  const request = json(body, { ...credentialOf(connection), ...queueHeaders(connection) })
  const response = await exchange(`${connection.baseUrl}/${asPath(model)}`, request, connection, falError)
  const answer = await readObject(response, connection.provider)
  return pendingOf(answer, readAccepted(answer, asked, response, connection), pollAfterMs)
}

function startImage(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { body, warnings } = imageRequest(call, connection.provider)
  const mediaType = mediaTypeOfFormat(body.output_format ?? body.format ?? body.image_format) ?? 'image/jpeg'
  return submit(call.model, body, { mediaType, warnings }, IMAGE_POLL_MS, connection)
}

function startVideo(call: VideoCall, connection: Connection): Promise<MediaOutcome> {
  const { body, warnings, seconds } = videoRequest(call, connection.provider)
  const asked = { mediaType: 'video/mp4', ...(seconds !== undefined && { seconds }), warnings }
  return submit(call.model, body, asked, VIDEO_POLL_MS, connection)
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
  const statusUrl = requireTrusted(operation.statusUrl, connection)
  const query = statusUrl.includes('?') ? '&logs=1' : '?logs=1'
  const answer = await exchange(statusUrl + query, { headers }, connection, falError)
  const status = await readObject(answer, provider)
  if (isUnderway(status, answer)) return pendingOf(status, operation, pollAfterMs)
  const responseUrl = requireTrusted(operation.responseUrl, connection)
  const response = await exchange(responseUrl, { headers }, connection, falResultError)
  return readResult(await readObject(response, provider), operation, response, operation.requestId, provider)
}

/** Takes a request out of the queue, or asks its runner to stop; one that is complete stays so. */
async function cancel(stored: RemoteOperation, connection: Connection): Promise<void> {
  const { cancelUrl } = readOperation(stored, connection.provider)
  if (cancelUrl === undefined) return
  const request = { method: 'PUT' as const, headers: credentialOf(connection) }
  try {
    const response = await exchange(requireTrusted(cancelUrl, connection), request, connection, falError)
    await response.text()
  } catch (error) {
    // 400 ALREADY_COMPLETED
    if (!(error instanceof TurnoutError) || error.upstreamStatus !== 400) throw error
  }
}

const image: ImageAdapter = {
  links: true,
  start: startImage,
  poll: (operation, connection) => poll(operation, connection, IMAGE_POLL_MS),
  cancel,
}

const video: VideoAdapter = {
  links: true,
  start: startVideo,
  poll: (operation, connection) => poll(operation, connection, VIDEO_POLL_MS),
  cancel,
}

/** fal's queue, for any of its endpoints: the upstream id of a model is the endpoint's. */
export const fal: ProviderAdapter = { id: 'fal', image, video }
