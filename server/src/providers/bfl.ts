import type { Connection, ImageAdapter, ProviderAdapter, VideoAdapter } from '../core/adapter.ts'
import type { ImageCall, MediaOutcome, MediaPending, RemoteOperation, VideoCall } from '../core/media.ts'
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

/** Hands a task in. It is paid for from here on, and only its polling URL finds it again. */
async function submit(
  { endpoint, body, warnings }: BflRequest,
  connection: Connection,
  extras: (answer: Readonly<Record<string, unknown>>) => Extras,
): Promise<MediaPending> {
  const { provider } = connection
  const url = `${versionedBase(connection.baseUrl)}/${endpoint}`
  const response = await exchange(url, json(body, credentialOf(connection)), connection, bflError)
  const answer = await readObject(response, provider)
  const id = text(answer.id)
  const pollingUrl = text(answer.polling_url)
  if (id === undefined || pollingUrl === undefined) {
    throw invalidOutput(provider, 'accepted the task without saying where to ask for its result', response, false)
  }
  const providerCost = costOf(answer.cost)
  const operation: BflOperation = {
    id,
    pollingUrl: requireTrusted(pollingUrl, connection),
    ...(providerCost !== undefined && { providerCost: String(providerCost) }),
    ...extras(answer),
    warnings,
  }
  return {
    status: 'pending',
    operation: { ...operation },
    pollAfterMs: FIRST_POLL_MS,
    ...(providerCost !== undefined && { providerCost }),
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

async function startImage(call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const request = imageRequest(call, connection.provider)
  return submit(request, connection, (answer) => {
    const megapixels = megapixelsOf(answer)
    return {
      mediaType: mediaTypeOfFormat(request.body.output_format) ?? 'image/jpeg',
      usage: { images: 1, ...(megapixels !== undefined && { megapixels }) },
    }
  })
}

async function startVideo(call: VideoCall, connection: Connection): Promise<MediaOutcome> {
  const request = videoRequest(call, connection.provider)
  const { duration } = request.body
  const usage = typeof duration === 'number' ? { seconds: duration } : {}
  return submit(request, connection, () => ({ mediaType: 'video/mp4', usage }))
}

async function poll(stored: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const operation = readOperation(stored, provider)
  const url = requireTrusted(operation.pollingUrl, connection)
  const response = await exchange(url, { headers: credentialOf(connection) }, connection, bflError)
  return readTask(await readObject(response, provider), operation, response, POLL_MS, provider)
}

const image: ImageAdapter = { links: true, start: startImage, poll }
const video: VideoAdapter = { links: true, start: startVideo, poll }

/** Black Forest Labs' own API: tasks that are handed in and polled. */
export const bfl: ProviderAdapter = { id: 'bfl', image, video }
