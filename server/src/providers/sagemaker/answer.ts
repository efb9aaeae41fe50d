import type { Connection, TransportResponse } from '../../core/adapter.ts'
import type { Media } from '../../core/media.ts'
import { mediaTypeOfBytes } from '../../lib/media-type.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, parseJson } from '../shared/failure.ts'
import { mediaTypeOfHeader, pictureOf } from '../shared/media.ts'
import type { Protocol } from './presets.ts'

type Response = Protocol['response']

/** What stands at a path such as `data.*.b64_json`. */
function at(value: unknown, path: readonly string[]): unknown[] {
  const [name, ...rest] = path
  if (name === undefined || name === '') return Array.isArray(value) ? (value as unknown[]) : [value]
  if (name === '*') return Array.isArray(value) ? value.flatMap((each: unknown) => at(each, rest)) : []
  if (Array.isArray(value)) return at(value[Number(name)], rest)
  return isObject(value) ? at(value[name], rest) : []
}

function mediaOf(text: string, { mediaType }: Response): Media {
  const picture = pictureOf(text)
  if ('url' in picture) return { url: picture.url, mediaType: mediaType ?? 'image/png' }
  const bytes = Buffer.from(picture.base64, 'base64')
  return { bytes, mediaType: mediaType ?? mediaTypeOfBytes(bytes) ?? picture.mediaType }
}

const pathOf = ({ kind, path = '' }: Response): string[] =>
  kind === 'openai-images' ? ['data', '*', 'b64_json'] : path.split('.')

/** The outputs in an answer that is read whole, or passed on as it comes where it is the output itself. */
export async function readMedia(
  response: TransportResponse,
  wanted: Response,
  { provider }: Pick<Connection, 'provider'>,
): Promise<Media[]> {
  if (wanted.kind === 'bytes') return [{ body: response.body, mediaType: typeOfBytes(response, wanted, provider) }]
  const answer = parseJson(await response.text())
  const media = at(answer, pathOf(wanted)).flatMap((each) =>
    typeof each === 'string' && each !== '' ? [mediaOf(each, wanted)] : [],
  )
  if (media.length > 0) return media
  const place = pathOf(wanted).join('.') || 'its top'
  throw invalidOutput(provider, `answered without an output at ${place}; see settings.response`, response, false)
}

/** The type of an output that is bytes. @throws TurnoutError invalid_output for words, which are none */
export function typeOfBytes(response: TransportResponse, { mediaType }: Response, provider: string): string {
  const type = response.headers['content-type']
  if (/^(application\/json|text\/)/.test(type ?? ''))
    throw invalidOutput(provider, `answered ${type} instead of bytes; see settings.response`, response, false)
  return mediaTypeOfHeader(type) ?? mediaType ?? 'application/octet-stream'
}
