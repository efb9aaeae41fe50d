import type { TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media, MediaDone } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { mediaTypeOfHeader, mediaTypeOfUrl } from '../shared/media.ts'
import type { Asked } from './queue.ts'

type Json = Readonly<Record<string, unknown>>

/** A file that fal has made: `{url, content_type, width, height, duration…}`. */
type File = Json & { url: string }

const isFile = (value: unknown): value is File => isObject(value) && text(value.url) !== undefined

/** Files of a member, which may be one or a list; some endpoints give the URL alone. */
function filesOf(value: unknown): File[] {
  const files: File[] = []
  for (const file of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (isFile(file)) files.push(file)
    else if (typeof file === 'string' && /^(https?|data):/i.test(file)) files.push({ url: file })
  }
  return files
}

const MEMBERS = { image: ['images', 'image'], video: ['video', 'videos'] } as const

function mediaTypeOf({ url, content_type: told }: File, usual: string): string {
  const embedded = /^data:([^;,]+)/.exec(url.slice(0, 64))?.[1]
  return mediaTypeOfHeader(text(told)) ?? mediaTypeOfHeader(embedded) ?? mediaTypeOfUrl(url) ?? usual
}

/** The files of an output: those under the usual names, else all that are of the kind. */
function outputsOf(output: Json, usual: string): File[] {
  const kind = usual.startsWith('video/') ? 'video' : 'image'
  for (const member of MEMBERS[kind]) {
    const files = filesOf(output[member])
    if (files.length > 0) return files
  }
  return Object.values(output)
    .flatMap((value) => (isObject(value) || Array.isArray(value) ? filesOf(value) : []))
    .filter((file) => mediaTypeOf(file, '').startsWith(`${kind}/`))
}

/** Which outputs are black because of what they would have shown. */
const withheldOf = ({ has_nsfw_concepts: flags, nsfw_content_detected: others }: Json): unknown[] => {
  const found = flags ?? others
  return Array.isArray(found) ? found : [found]
}

function megapixelsOf(files: readonly File[]): { megapixels?: number } {
  const pixels = files.reduce(
    (sum, { width, height }) => sum + Number(width ?? Number.NaN) * Number(height ?? Number.NaN),
    0,
  )
  return Number.isFinite(pixels) && pixels > 0 ? { megapixels: pixels / 1e6 } : {}
}

function usageOf(files: readonly File[], output: Json, { mediaType, seconds: asked }: Asked): MediaDone['usage'] {
  if (!mediaType.startsWith('video/')) return { images: files.length, ...megapixelsOf(files) }
  const seconds = files[0]?.duration ?? output.duration ?? asked
  return typeof seconds === 'number' && seconds > 0 ? { seconds } : {}
}

/**
 * What an endpoint has made. Pictures that were withheld are black ones, which
 * are counted because they are charged, but not handed on.
 *
 * @throws TurnoutError content_policy where all of them were withheld, invalid_output without any
 */
export function readResult(
  output: Json,
  asked: Asked,
  response: TransportResponse,
  requestId: string,
  provider: string,
): MediaDone {
  const files = outputsOf(output, asked.mediaType)
  if (files.length === 0) throw invalidOutput(provider, 'finished the request without a result', response, false)
  const withheld = withheldOf(output)
  const shown = files.filter((_, index) => withheld[index] !== true)
  if (shown.length === 0) {
    throw new TurnoutError('content_policy', `${provider} withheld the result for its content (has_nsfw_concepts).`, {
      provider,
      upstreamStatus: response.status,
      upstreamCode: 'has_nsfw_concepts',
      upstreamRequestId: requestId,
      usage: usageOf(files, output, asked),
    })
  }
  const told =
    shown.length === files.length
      ? []
      : [`${provider} withheld ${files.length - shown.length} of ${files.length} results for their content.`]
  const revisedPrompt = text(output.actual_prompt) ?? text(output.revised_prompt)
  const extras: Partial<Media> = {
    ...(typeof output.seed === 'number' && { seed: output.seed }),
    ...(revisedPrompt !== undefined && { revisedPrompt }),
  }
  return {
    status: 'done',
    media: shown.map((file) => ({ url: file.url, mediaType: mediaTypeOf(file, asked.mediaType), ...extras })),
    usage: usageOf(files, output, asked),
    warnings: [...asked.warnings, ...told],
    upstreamRequestId: requestId,
  }
}
