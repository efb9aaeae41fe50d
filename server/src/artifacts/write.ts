import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { ArtifactAbout, ArtifactDriver } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import { asBuffer } from '../lib/bytes.ts'
import { mediaTypeOfBytes } from '../lib/media-type.ts'
import { withScratchFile } from '../lib/scratch-file.ts'
import { mp4Facts } from './facts/mp4.ts'
import { pictureFacts } from './facts/picture.ts'
import { type Facts, NO_FACTS } from './facts/types.ts'
import { webmFacts } from './facts/webm.ts'
import type { Inflow } from './inflow.ts'
import { extensionOf } from './names.ts'
import type { StoredObject } from './rows.ts'

export interface Limits {
  pictureBytes: number
  videoBytes: number
}

/** A drawing is read whole, because as a file it could lead to other files. */
const MOST_DRAWING_BYTES = 4 * 1024 * 1024

/** What is wrong with bytes: the provider's fault for an output, the client's for an upload. */
function refusal({ kind, lineage }: ArtifactAbout, problem: string, status?: number): TurnoutError {
  if (kind === 'upload') {
    return new TurnoutError('invalid_input', `The file ${problem}.`, { param: 'file', ...(status && { status }) })
  }
  const provider = lineage?.provider ?? undefined
  return new TurnoutError('invalid_output', `The output ${problem}.`, { provider, retryable: false })
}

/** The type of bytes by their head. @throws TurnoutError where they are not what is wanted */
function requireType(head: Buffer, about: ArtifactAbout): string {
  if (head.length === 0) throw refusal(about, 'has no bytes')
  const type = mediaTypeOfBytes(head)
  const wanted = about.expected
  if (type === undefined || (wanted !== undefined && !type.startsWith(`${wanted}/`))) {
    const what = wanted === 'image' ? 'a picture' : wanted === 'video' ? 'a video' : 'a picture or a video'
    throw refusal(about, `is not ${what}${type === undefined ? '' : ` but ${type}`}`)
  }
  return type
}

async function videoFacts(driver: ArtifactDriver, key: string, type: string, size: number): Promise<Facts> {
  const read = async (start: number, length: number): Promise<Buffer> => {
    const end = Math.min(start + length, size) - 1
    if (end < start) return Buffer.alloc(0)
    const part = await driver.open(key, { start, end })
    return part === undefined ? Buffer.alloc(0) : buffer(part.bytes)
  }
  return type === 'video/webm' ? webmFacts(read) : mp4Facts(read, size)
}

/** What can be told of a picture that is in memory, as soon as it is known; undefined for anything else. */
export type Seen = Promise<Facts> | undefined

/** Looks at bytes that are in memory anyway, while they are written. */
export function seenOf(bytes: Uint8Array | AsyncIterable<Uint8Array>, { pictureBytes }: Limits): Seen {
  if (!(bytes instanceof Uint8Array) || bytes.length > pictureBytes) return undefined
  const type = mediaTypeOfBytes(bytes)
  if (!type?.startsWith('image/')) return undefined
  const isTooLarge = type === 'image/svg+xml' && bytes.length > MOST_DRAWING_BYTES
  return isTooLarge ? Promise.resolve(NO_FACTS) : pictureFacts(asBuffer(bytes))
}

/** What can be told of the bytes; nothing of those that are broken. */
async function factsOf(driver: ArtifactDriver, key: string, file: string | undefined, type: string, size: number) {
  try {
    if (!type.startsWith('image/')) return await videoFacts(driver, key, type, size)
    if (file === undefined) return NO_FACTS
    if (type !== 'image/svg+xml') return await pictureFacts(file)
    return size > MOST_DRAWING_BYTES ? NO_FACTS : await pictureFacts(await readFile(file))
  } catch (error) {
    if (error instanceof RangeError) return NO_FACTS
    throw error
  }
}

interface Writing {
  folder: string
  limits: Limits
  /** Of the bytes, where it is known. */
  size: number | undefined
  seen: Seen
  sidecar(stored: StoredObject): object
}

/**
 * Writes the bytes as they come, then their thumbnail and the sidecar.
 * Nothing is held whole. Doing it again writes the same objects.
 *
 * @throws TurnoutError invalid_output or invalid_input; whatever the bytes or the storage end in
 */
export async function writeArtifact(
  driver: ArtifactDriver,
  inflow: Inflow,
  about: ArtifactAbout,
  { folder, limits, size, seen, sidecar }: Writing,
): Promise<StoredObject> {
  const mediaType = requireType(inflow.head, about)
  const isPicture = mediaType.startsWith('image/')
  const most = Math.min(isPicture ? limits.pictureBytes : limits.videoBytes)
  const tooMany = () => refusal(about, `is larger than ${most} bytes`, 413)
  const bytes = inflow.limit(most, tooMany, about.signal)
  const storageKey = `${folder}original.${extensionOf(mediaType)}`

  const put = async (file?: string) => {
    if (file === undefined) {
      await driver.put(storageKey, bytes, { mediaType, ...(size !== undefined && { size }) })
      return { ...inflow.result(), file: driver.fileOf?.(storageKey) }
    }
    const result = inflow.result()
    await driver.put(storageKey, createReadStream(file), { mediaType, size: result.bytes })
    return { ...result, file }
  }
  const describe = async ({ file, ...result }: Awaited<ReturnType<typeof put>>): Promise<StoredObject> => {
    const { thumbnail, ...facts } = await (seen ?? factsOf(driver, storageKey, file, mediaType, result.bytes))
    const thumbnailKey = thumbnail && `${folder}thumbnail.webp`
    const object = { storageKey, mediaType, ...result, facts, thumbnailKey }
    const text = JSON.stringify(sidecar(object), null, 2)
    await Promise.all([
      thumbnailKey && driver.put(thumbnailKey, thumbnail, { mediaType: 'image/webp' }),
      driver.put(`${folder}lineage.json`, Buffer.from(text), { mediaType: 'application/json' }),
    ])
    return object
  }
  // A picture on its way to another machine lies here meanwhile, to be looked at without holding it.
  return isPicture && seen === undefined && driver.fileOf === undefined
    ? withScratchFile(bytes, async (file) => describe(await put(file)))
    : describe(await put())
}
