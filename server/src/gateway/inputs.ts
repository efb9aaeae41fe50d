import { TurnoutError } from '../core/error.ts'
import { readableTypeOf } from '../core/image/media-type.ts'
import type { Picture } from '../core/text.ts'
import { SafeFetchError, type SafeFetcher } from '../lib/http/safe-fetch.ts'

/** Pictures that clients name by a URL are fetched within these. */
const MAX_PICTURE_BYTES = 32 * 1024 * 1024
const FETCH_MS = 30_000

export interface InputServices {
  fetcher: SafeFetcher
}

export type InlinePicture = Extract<Picture, { base64: string }>

const KINDS = 'a PNG, JPEG, WebP or GIF'

/** The bytes as a picture, whatever they are said to be. @throws TurnoutError invalid_input */
export function pictureOf(bytes: Uint8Array, param: string): InlinePicture {
  const mediaType = readableTypeOf(bytes)
  if (mediaType === undefined) throw new TurnoutError('invalid_input', `${param} must be ${KINDS}.`, { param })
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'), mediaType }
}

/** Enough base64 to tell what the bytes are. */
const HEAD_CHARACTERS = 344

/**
 * A picture as a request names it: an http or https URL stays one, a data URL
 * is taken apart.
 *
 * @throws TurnoutError invalid_input
 */
export function readPicture(url: string, param: string): Picture {
  if (/^https?:\/\//i.test(url)) return { url }
  const data = /^data:([^,;]*)(?:;[^,]*)?;base64,/i.exec(url.slice(0, 256))
  if (!data) {
    throw new TurnoutError('invalid_input', `${param} must be an http or https URL, or a data URL with base64.`, {
      param,
    })
  }
  const base64 = url.slice(data[0].length)
  const mediaType = readableTypeOf(Buffer.from(base64.slice(0, HEAD_CHARACTERS), 'base64'))
  if (mediaType === undefined) throw new TurnoutError('invalid_input', `${param} must be ${KINDS}.`, { param })
  return { base64, mediaType }
}

/**
 * The picture at a URL that a client has named, for providers that do not
 * fetch themselves. The URL may be a data URL.
 *
 * @throws TurnoutError invalid_input where it cannot be had, or the reason of the signal
 */
export async function inlinePicture(
  url: string,
  { fetcher }: InputServices,
  signal: AbortSignal,
  param = 'image_url',
): Promise<InlinePicture> {
  const picture = readPicture(url, param)
  if ('base64' in picture) return picture
  try {
    const { bytes } = await fetcher.read(url, { maxBytes: MAX_PICTURE_BYTES, timeoutMs: FETCH_MS, signal })
    return pictureOf(bytes, param)
  } catch (error) {
    if (!(error instanceof SafeFetchError)) throw error
    const host = URL.canParse(url) ? new URL(url).host : 'It'
    throw new TurnoutError('invalid_input', `${param} cannot be fetched: ${host} ${error.message}.`, {
      param,
      cause: error,
    })
  }
}

/** The pictures, all of them inline where the provider does not fetch any itself. @throws TurnoutError invalid_input */
export function supplyPictures(
  pictures: readonly Picture[],
  links: boolean,
  services: InputServices,
  signal: AbortSignal,
  param: string,
): Promise<Picture[]> {
  return Promise.all(
    pictures.map((picture, index) =>
      'base64' in picture || links ? picture : inlinePicture(picture.url, services, signal, `${param}[${index}]`),
    ),
  )
}
