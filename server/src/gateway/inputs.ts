import type { ArtifactService } from '../artifacts/types.ts'
import type { ObjectReader } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import type { Picture } from '../core/text.ts'
import type { SafeFetcher } from '../lib/http/safe-fetch.ts'
import { readableTypeOf } from '../lib/media-type.ts'
import { isReference, type Owner, resolveInput } from './inputs/resolve.ts'

export interface InputServices {
  fetcher: SafeFetcher
  /** Buckets that requests may name; absent: none. */
  objects?: ObjectReader | undefined
  /** What is kept here; absent where nothing is. */
  artifacts?: Pick<ArtifactService, 'find' | 'describe' | 'open' | 'link'> | undefined
  /** Where providers reach this server, if they do. */
  publicUrl?: string | undefined
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
 * A picture as a request names it: an address or the id of an artifact stays
 * one, a data URL is taken apart.
 *
 * @throws TurnoutError invalid_input
 */
export function readPicture(url: string, param: string): Picture {
  if (isReference(url)) return { url }
  const data = /^data:([^,;]*)(?:;[^,]*)?;base64,/i.exec(url.slice(0, 256))
  if (!data) {
    throw new TurnoutError(
      'invalid_input',
      `${param} must be an http or https URL, a data URL with base64, s3://bucket/key, or the id of an artifact.`,
      { param },
    )
  }
  const base64 = url.slice(data[0].length)
  const mediaType = readableTypeOf(Buffer.from(base64.slice(0, HEAD_CHARACTERS), 'base64'))
  if (mediaType === undefined) throw new TurnoutError('invalid_input', `${param} must be ${KINDS}.`, { param })
  return { base64, mediaType }
}

/**
 * The picture that a client has named, for providers that do not fetch
 * themselves.
 *
 * @param owner Whose artifacts may be named; absent: nobody's.
 * @throws TurnoutError invalid_input, permission; or the reason of the signal
 */
export async function inlinePicture(
  url: string,
  services: InputServices,
  signal: AbortSignal,
  param = 'image_url',
  owner?: Owner,
): Promise<InlinePicture> {
  const picture = await resolveInput(url, { kind: 'image', links: false, owner, param, signal }, services)
  if ('base64' in picture) return picture
  throw new TurnoutError('internal', 'An input that was to be inline is a link.')
}

/**
 * The pictures as the provider takes them: all of them inline where it does
 * not fetch any itself, and those that only we can read in any case.
 *
 * @throws TurnoutError invalid_input, permission
 */
export function supplyPictures(
  pictures: readonly Picture[],
  links: boolean,
  services: InputServices,
  signal: AbortSignal,
  param: string,
  owner?: Owner,
): Promise<Picture[]> {
  return Promise.all(
    pictures.map((picture, index) => supplyPicture(picture, links, services, signal, `${param}[${index}]`, owner)),
  )
}

/** The same for one. */
export async function supplyPicture(
  picture: Picture,
  links: boolean,
  services: InputServices,
  signal: AbortSignal,
  param: string,
  owner?: Owner,
): Promise<Picture> {
  if ('base64' in picture || (links && /^https?:/i.test(picture.url))) return picture
  return resolveInput(picture.url, { kind: 'image', links, owner, param, signal }, services)
}
