import type { Usage } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import { countOf } from '../../core/count.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media, MediaDone, MediaPending } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { mediaTypeOfUrl } from '../shared/media.ts'
import { meaningOf } from './errors.ts'

type Json = Readonly<Record<string, unknown>>

const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

/** What is counted: pictures, or seconds of video. */
function usageOf(usage: unknown, media: readonly Media[], video: boolean): Usage {
  const counted = isObject(usage) ? usage : {}
  if (!video) return { images: countOf(counted.image_count) ?? media.length }
  const seconds = number(counted.video_duration) ?? number(counted.duration)
  return seconds === undefined ? {} : { seconds }
}

const picture = (url: string, revisedPrompt?: string): Media => ({
  url,
  mediaType: mediaTypeOfUrl(url) ?? 'image/png',
  ...(revisedPrompt !== undefined && { revisedPrompt }),
})

/** The outputs of any of the endpoints: pictures in messages, pictures of a task, a video. */
function mediaOf(output: Json): Media[] {
  const video = text(output.video_url)
  if (video) return [{ url: video, mediaType: 'video/mp4' }]
  const inMessages = objects(output.choices)
    .flatMap(({ message }) => (isObject(message) ? objects(message.content) : []))
    .flatMap(({ image }) => text(image) ?? [])
    .map((url) => picture(url))
  const ofTask = objects(output.results).flatMap((result) => {
    const url = text(result.url)
    return url ? [picture(url, text(result.actual_prompt))] : []
  })
  return [...inMessages, ...ofTask]
}

/** A failure that DashScope reports inside a good answer: of a whole task, or of one of its pictures. */
export function failureOf(failed: Json, provider: string, requestId: string | undefined): TurnoutError {
  const word = text(failed.code)
  const message = text(failed.message) ?? 'the task failed without an explanation'
  return new TurnoutError(meaningOf(word, message) ?? 'upstream_error', `${provider}: ${message}`, {
    provider,
    upstreamStatus: 200,
    upstreamCode: word,
    upstreamRequestId: requestId,
    // The task has ended; asking for the same again is a new task.
    retryable: false,
    // Source: Model Studio, FAQ of image generation: outputs that were made are charged, failures are not.
    providerCost: 0n,
  })
}

/** A finished answer. @throws TurnoutError where nothing was made */
export function readDone(
  { output, usage, request_id }: Json,
  warnings: readonly string[],
  response: Pick<TransportResponse, 'status' | 'headers'>,
  provider: string,
): MediaDone {
  const upstreamRequestId = text(request_id)
  const made = isObject(output) ? output : {}
  const media = mediaOf(made)
  const failures = objects(made.results).filter(({ code }) => text(code))
  if (media.length === 0) {
    if (failures[0]) throw failureOf(failures[0], provider, upstreamRequestId)
    throw invalidOutput(provider, 'finished without an output', response, false)
  }
  return {
    status: 'done',
    media,
    usage: usageOf(usage, media, text(made.video_url) !== undefined),
    warnings: [
      ...warnings,
      ...failures.map(({ code, message }) => `One output was not made: ${text(message) ?? text(code)}.`),
    ],
    ...(upstreamRequestId !== undefined && { upstreamRequestId }),
  }
}

/** What DashScope advises for pictures, and a video takes minutes. */
const POLL_MS = { image: 3_000, video: 10_000 }
export type TaskKind = keyof typeof POLL_MS

/** A task that has been accepted, in the form in which it is stored. */
export interface TaskOperation {
  taskId: string
  kind: TaskKind
  warnings: readonly string[]
}

export const pending = (operation: TaskOperation, requestId: string | undefined): MediaPending => ({
  status: 'pending',
  operation: { ...operation },
  pollAfterMs: POLL_MS[operation.kind],
  warnings: operation.warnings,
  ...(requestId !== undefined && { upstreamRequestId: requestId }),
})
