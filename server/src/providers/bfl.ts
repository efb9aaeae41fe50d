import type { Connection, ImageAdapter, ProviderAdapter, VideoAdapter } from '../core/adapter.ts'
import type { ImageCall, MediaOutcome, MediaPending, RemoteOperation, VideoCall } from '../core/media.ts'
import { readCallback } from './bfl/callback.ts'
import { bflError } from './bfl/errors.ts'
import { type BflRequest, imageRequest } from './bfl/image-request.ts'
import { type BflOperation, costOf, readOperation, readTask, requireTrusted } from './bfl/task.ts'
import { videoRequest } from './bfl/video-request.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { invalidOutput, text } from './shared/failure.ts'
import { mediaTypeOfFormat } from './shared/media.ts'
import { versionedBase } from './shared/openai-door.ts'

/** Pictures take a few seconds, videos minutes. */
const FIRST_POLL_MS = 500
const POLL_MS = 1000

const credentialOf = ({ credential }: Connection): Record<string, string> =>
  credential === undefined ? {} : { 'x-key': credential }

type Extras = Pick<BflOperation, 'mediaType' | 'usage'>

const pollingUrlOf = (id: string, { baseUrl }: Connection): string =>
  `${versionedBase(baseUrl)}/get_result?id=${encodeURIComponent(id)}`

type Callback = Pick<ImageCall, 'callbackUrl' | 'callbackSecret'>

const webhookOf = ({ callbackUrl, callbackSecret }: Callback) =>
  callbackUrl === undefined ? {} : { webhook_url: callbackUrl, webhook_secret: callbackSecret }

/** Hands a task in. It is paid for from here on, and only its polling URL finds it again. */
async function submit(
  { endpoint, body, warnings }: BflRequest,
  callback: Callback,
  connection: Connection,
  extras: (answer: Readonly<Record<string, unknown>>) => Extras,
): Promise<MediaPending> {
  const { provider } = connection
  const url = `${versionedBase(connection.baseUrl)}/${endpoint}`
  const request = json({ ...webhookOf(callback), ...body }, credentialOf(connection))
  const response = await exchange(url, request, connection, bflError)
  const answer = await readObject(response, provider)
  const id = text(answer.id)
  const told = text(answer.polling_url)
  // Who is called back is not told where to ask.
  const isBuilt = told === undefined && text(answer.webhook_url) !== undefined && id !== undefined
  const pollingUrl = isBuilt ? pollingUrlOf(id, connection) : told
  if (id === undefined || pollingUrl === undefined) {
    throw invalidOutput(provider, 'accepted the task without saying where to ask for its result', response, false)
  }
  const providerCost = costOf(answer.cost)
  const operation: BflOperation = {
    id,
    pollingUrl: requireTrusted(pollingUrl, connection),
    ...(isBuilt && { isBuilt }),
    ...(providerCost !== undefined && { providerCost: String(providerCost) }),
    ...extras(answer),
    warnings,
  }
  return {
    status: 'pending',
    operation: { ...operation },
    pollAfterMs: FIRST_POLL_MS,
    ...(providerCost !== undefined && { providerCost }),
    warnings,
    upstreamRequestId: id,
  }
}

/** Megapixels that a picture may have. */
const isArea = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1e6

/** Megapixels as they are priced: those that went in and those that come out. */
function megapixelsOf(answer: Readonly<Record<string, unknown>>): number | undefined {
  const { input_mp: input, output_mp: output } = answer
  if (!isArea(output)) return undefined
  return output + (isArea(input) ? input : 0)
}

const imageTypeOf = ({ body }: BflRequest): string => mediaTypeOfFormat(body.output_format) ?? 'image/jpeg'

async function startImage(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const request = imageRequest(call, connection.provider)
  return submit(request, call, connection, (answer) => {
    const megapixels = megapixelsOf(answer)
    return {
      mediaType: imageTypeOf(request),
      usage: { images: 1, ...(megapixels !== undefined && { megapixels }) },
    }
  })
}

async function startVideo(call: VideoCall, connection: Connection): Promise<MediaOutcome> {
  const request = videoRequest(call, connection.provider)
  return submit(request, call, connection, () => videoExtras(request))
}

function videoExtras({ body: { duration } }: BflRequest): Extras {
  return { mediaType: 'video/mp4', usage: typeof duration === 'number' ? { seconds: duration } : {} }
}

/** A task of which only the callback was heard. */
function recovered({ warnings }: BflRequest, id: string, extras: Extras, connection: Connection): MediaPending {
  const operation: BflOperation = { id, pollingUrl: pollingUrlOf(id, connection), isBuilt: true, ...extras, warnings }
  return { status: 'pending', operation: { ...operation }, pollAfterMs: 0, warnings, upstreamRequestId: id }
}

function recoverImage(call: ImageCall, id: string, connection: Connection): MediaPending {
  const request = imageRequest(call, connection.provider)
  return recovered(request, id, { mediaType: imageTypeOf(request), usage: { images: 1 } }, connection)
}

function recoverVideo(call: VideoCall, id: string, connection: Connection): MediaPending {
  const request = videoRequest(call, connection.provider)
  return recovered(request, id, videoExtras(request), connection)
}

async function poll(stored: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const operation = readOperation(stored, provider)
  const url = requireTrusted(operation.pollingUrl, connection, true)
  const response = await exchange(url, { headers: credentialOf(connection) }, connection, bflError)
  return readTask(await readObject(response, provider), operation, response, POLL_MS, provider)
}

/** Source: docs.bfl.ai, "Get the user's credits". */
async function check(connection: Connection): Promise<void> {
  const url = `${versionedBase(connection.baseUrl)}/credits`
  await readObject(
    await exchange(url, { headers: credentialOf(connection) }, connection, bflError),
    connection.provider,
  )
}

const image: ImageAdapter = { links: true, start: startImage, poll, recover: recoverImage }
const video: VideoAdapter = { links: true, start: startVideo, poll, recover: recoverVideo }

/** Black Forest Labs' own API: tasks that are handed in and polled. */
export const bfl: ProviderAdapter = { id: 'bfl', image, video, check, readCallback }
