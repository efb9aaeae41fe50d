import type { Connection, VideoAdapter } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media, MediaOutcome, RemoteOperation, VideoCall } from '../../core/media.ts'
import type { Picture } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { inline } from './contents.ts'
import { callModel, type Door } from './door.ts'
import { openSealed } from './download.ts'
import { googleError, operationError } from './errors.ts'
import { present } from './request.ts'
import { nearestRatio, noPixels } from './shape.ts'

type Json = Readonly<Record<string, unknown>>

/** Google's guides ask every ten seconds; a video takes from eleven seconds to six minutes. */
const POLL_AFTER_MS = 10_000

/** Not `inlineData`, which Veo refuses. */
function wirePicture(picture: Picture): Json {
  const { base64, mediaType } = inline(picture)
  return { bytesBase64Encoded: base64, mimeType: mediaType }
}

/** A class of sizes by the shorter side. */
const resolutionOf = (side: number): string => (side > 1080 ? '4k' : side > 720 ? '1080p' : '720p')
const SIDES: Readonly<Record<string, number>> = { '720p': 720, '1080p': 1080, '4k': 2160 }

function frame(call: VideoCall, warnings: string[]): Json {
  const { size } = call
  if (!size) return { aspectRatio: call.aspectRatio, resolution: call.resolution }
  const aspectRatio = call.aspectRatio ?? nearestRatio(size, ['16:9', '9:16'])
  const side = Math.min(size.width, size.height)
  const resolution = call.resolution ?? resolutionOf(side)
  if (SIDES[resolution] !== side || side * 16 !== Math.max(size.width, size.height) * 9) {
    warnings.push(noPixels(call.model, size, aspectRatio, resolution))
  }
  return { aspectRatio, resolution }
}

function parameters(call: VideoCall, door: Door, warnings: string[]): Json {
  const common = {
    sampleCount: 1,
    durationSeconds: call.seconds,
    negativePrompt: call.negativePrompt,
    seed: call.seed,
    ...frame(call, warnings),
  }
  const given = { ...call.defaults, ...call.inputs }
  if (door.platform === 'vertex') {
    return { ...given, ...present({ ...common, fps: call.framesPerSecond, generateAudio: call.audio }) }
  }
  if (call.framesPerSecond !== undefined) {
    warnings.push(`${call.model} takes no frame rate on the Gemini API; it was left out.`)
  }
  if (call.audio === false) warnings.push(`${call.model} always makes sound on the Gemini API.`)
  return { ...given, ...present(common) }
}

function requestBody(call: VideoCall, door: Door, warnings: string[]): Json {
  const [first, ...more] = call.pictures ?? []
  if (more.length > 0) warnings.push(`${call.model} starts from one picture; ${more.length} more were left out.`)
  return {
    instances: [
      {
        prompt: call.prompt,
        image: first && wirePicture(first),
        lastFrame: call.lastFrame && wirePicture(call.lastFrame),
      },
    ],
    parameters: parameters(call, door, warnings),
  }
}

/** Names of operations become part of a URL. */
const isName = (name: string | undefined): name is string =>
  name !== undefined && /^[\w.:@-]+(\/[\w.:@-]+)*$/.test(name) && !/(^|\/)\.{1,2}(\/|$)/.test(name)

/** Where a bucket's object is fetched. Source: Cloud Storage, request endpoints. */
const storageUrl = (uri: string): string => {
  const [bucket, ...object] = uri.slice('gs://'.length).split('/')
  return `https://storage.googleapis.com/${bucket}/${object.map(encodeURIComponent).join('/')}`
}

/** One video: in the answer itself, or where only the credential opens it. */
function readVideo(video: unknown): Media[] {
  if (!isObject(video)) return []
  const mediaType = text(video.mimeType) ?? text(video.encoding) ?? 'video/mp4'
  const base64 = text(video.bytesBase64Encoded) ?? text(video.encodedVideo)
  if (base64) return [{ bytes: Buffer.from(base64, 'base64'), mediaType }]
  const uri = text(video.gcsUri) ?? text(video.uri)
  if (uri === undefined) return []
  return [{ url: uri.startsWith('gs://') ? storageUrl(uri) : uri, sealed: true, mediaType }]
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The videos of an operation: as the Gemini API packs them, and as Vertex AI does. */
function readResponse(response: Json): { media: Media[]; withheld: number; reasons: string[] } {
  const inner = isObject(response.generateVideoResponse) ? response.generateVideoResponse : response
  const samples = list(inner.generatedSamples).map((sample) => (isObject(sample) ? sample.video : undefined))
  return {
    media: [...samples, ...list(inner.videos)].flatMap(readVideo),
    withheld: Number(inner.raiMediaFilteredCount ?? 0),
    reasons: list(inner.raiMediaFilteredReasons).flatMap((reason) => text(reason) ?? []),
  }
}

async function poll(door: Door, operation: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const entrance = await door.enter(connection)
  const { url, request } = door.poll(String(operation.name), entrance)
  const response = await exchange(url, request, connection, googleError)
  const answer = await readObject(response, provider)
  if (isObject(answer.error)) throw operationError(answer.error, response, provider)
  if (answer.done !== true) return { status: 'pending', operation, pollAfterMs: POLL_AFTER_MS }
  const { media, withheld, reasons } = readResponse(isObject(answer.response) ? answer.response : {})
  if (media.length === 0) {
    if (withheld === 0 && reasons.length === 0) {
      throw invalidOutput(provider, 'finished the work without a video', response, false)
    }
    throw new TurnoutError(
      'content_policy',
      `${provider} withheld the video: ${reasons.join(' ') || 'no reason given.'}`,
      {
        provider,
        upstreamStatus: response.status,
        // Source: Gemini API, Veo guide: a video that was blocked is not charged.
        providerCost: 0n,
      },
    )
  }
  const warnings = [...list(operation.warnings).map(String)]
  if (withheld > 0) warnings.push(`${provider} withheld ${withheld} more: ${reasons.join(' ') || 'no reason given.'}`)
  const seconds = typeof operation.seconds === 'number' ? operation.seconds * media.length : undefined
  return { status: 'done', media, usage: present({ seconds }) ?? {}, warnings }
}

/**
 * Videos by Veo, a long-running operation. What only the call knows and the
 * end needs goes along in the operation.
 * Source: Gemini API, Veo guide; Vertex AI, Veo API reference, read November 2026.
 */
export const googleVideo = (door: Door): VideoAdapter => ({
  links: false,
  async start(call, connection) {
    const warnings: string[] = []
    const body = requestBody(call, door, warnings)
    const response = await callModel(door, connection, call.model, 'predictLongRunning', body)
    const name = text((await readObject(response, connection.provider)).name)
    if (!isName(name)) throw invalidOutput(connection.provider, 'accepted the work without naming it', response, false)
    const operation = { name, seconds: call.seconds, warnings }
    return { status: 'pending', operation, pollAfterMs: POLL_AFTER_MS, warnings }
  },
  poll: (operation, connection) => poll(door, operation, connection),
  open: (media, connection) => openSealed(door, media, connection),
})
