import type { TransportResponse } from '../../core/adapter.ts'
import type { Media } from '../../core/media.ts'
import { mediaTypeOfBytes } from '../../lib/media-type.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { mediaTypeOfUrl } from '../shared/media.ts'

const linked = (url: string): Media => ({ url, mediaType: mediaTypeOfUrl(url) ?? 'image/jpeg' })

function inline(base64: string): Media {
  const bytes = Buffer.from(base64, 'base64')
  return { bytes, mediaType: mediaTypeOfBytes(bytes) ?? 'image/jpeg' }
}

/**
 * The pictures of an answer in JSON: `data` with `b64_json` or `url`, as
 * OpenAI has it, or `output` with URLs.
 *
 * @throws TurnoutError invalid_output without any
 */
export function readImages(
  answer: Readonly<Record<string, unknown>>,
  response: TransportResponse,
  provider: string,
): Media[] {
  const data = Array.isArray(answer.data) ? answer.data.filter(isObject) : []
  const output = [answer.output].flat().flatMap((url) => text(url) ?? [])
  const media = [
    ...data.flatMap(({ b64_json, url }): Media[] => {
      const base64 = text(b64_json)
      const link = text(url)
      return base64 ? [inline(base64)] : link ? [linked(link)] : []
    }),
    ...output.map(linked),
  ]
  if (media.length > 0) return media
  throw invalidOutput(provider, 'answered without a picture', response, false)
}
