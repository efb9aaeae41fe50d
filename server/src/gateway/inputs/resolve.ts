import type { Role } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { ReferenceKind } from '../../core/inputs/types.ts'
import type { Picture } from '../../core/text.ts'
import { isPublicHost } from '../../lib/http/addresses.ts'
import { SafeFetchError } from '../../lib/http/safe-fetch.ts'
import { mediaTypeOfBytes, readableTypeOf } from '../../lib/media-type.ts'
import type { InputServices } from '../inputs.ts'

/** Whose artifacts a request may name: those of its own key; an admin everybody's. */
export interface Owner {
  keyId: string | null
  role?: Role
}

export interface InputWish {
  kind: ReferenceKind
  /** Whether the provider fetches addresses itself. */
  links: boolean
  /** Absent: no artifact may be named. */
  owner: Owner | undefined
  /** What the request calls the input. */
  param: string
  signal: AbortSignal
  /** Of an input that goes to the provider inline; absent: 128 MB for a video, 32 MB for everything else. */
  maxBytes?: number
}

const MB = 1024 ** 2
const MAX_BYTES = 32 * MB
const MAX_VIDEO_BYTES = 128 * MB
const FETCH_MS = 30_000
const FETCH_VIDEO_MS = 120_000
/** How long a provider may fetch an artifact from us. */
const LINK_SECONDS = 6 * 3600
const FORMATS: Partial<Record<ReferenceKind, string>> = {
  image: 'a PNG, JPEG, WebP or GIF',
  video: 'an MP4, QuickTime or WebM',
}
const FORMS = 'an http or https URL, a data URL with base64, s3://bucket/key, or the id of an artifact'

const ANY_TYPE = 'application/octet-stream'

const WEB = /^https?:\/\//i
const S3 = /^s3:\/\/([^/]+)\/(.+)$/s
const ARTIFACT = /^(?:art|file)_[a-z0-9]{8,80}$/
const DATA = /^data:[^,]*;base64,/i

/** Whether a text names an input that is elsewhere, in the web, in a bucket or in our own storage. */
export const isReference = (text: string): boolean => WEB.test(text) || S3.test(text) || ARTIFACT.test(text)

/** One input of a request on its way to a provider. */
class Input {
  readonly #wish: InputWish
  readonly #most: number

  constructor(wish: InputWish) {
    this.#wish = wish
    this.#most = wish.maxBytes ?? (wish.kind === 'video' ? MAX_VIDEO_BYTES : MAX_BYTES)
  }

  get request() {
    const { kind, signal } = this.#wish
    return { maxBytes: this.#most, timeoutMs: kind === 'video' ? FETCH_VIDEO_MS : FETCH_MS, signal }
  }

  /** The sentence goes on after the name of the input. */
  refusal(rest: string, code: 'invalid_input' | 'permission' | 'overloaded' = 'invalid_input', cause?: unknown) {
    const { param } = this.#wish
    return new TurnoutError(code, `${param} ${rest}.`, { param, ...(cause !== undefined && { cause }) })
  }

  requireSize(bytes: number): void {
    if (bytes > this.#most) throw this.refusal(`is too large: it has ${bytes} bytes, and at most ${this.#most} go`)
  }

  /** The bytes as the provider gets them. @throws TurnoutError where they are too many or of a wrong type */
  inline(bytes: Buffer): Picture {
    this.requireSize(bytes.length)
    const { kind } = this.#wish
    const type = kind === 'image' ? readableTypeOf(bytes) : mediaTypeOfBytes(bytes)
    this.requireType(type)
    return { base64: bytes.toString('base64'), mediaType: type ?? ANY_TYPE }
  }

  /** Of pictures and videos we know the types; whatever else is wanted is the provider's to judge. */
  requireType(type: string | undefined): void {
    const { kind } = this.#wish
    const formats = FORMATS[kind]
    if (formats && !type?.startsWith(`${kind}/`)) throw this.refusal(`must be ${formats}${type ? `, not ${type}` : ''}`)
  }

  /** All bytes of a stream, unless they grow too many. */
  async gather(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of bytes) {
      this.#wish.signal.throwIfAborted()
      size += chunk.length
      this.requireSize(size)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}

async function fromWeb(url: string, input: Input, { fetcher }: InputServices): Promise<Picture> {
  let bytes: Buffer
  try {
    bytes = (await fetcher.read(url, input.request)).bytes
  } catch (error) {
    if (!(error instanceof SafeFetchError)) throw error
    const host = URL.canParse(url) ? new URL(url).host : 'It'
    throw input.refusal(`cannot be fetched: ${host} ${error.message}`, 'invalid_input', error)
  }
  return input.inline(bytes)
}

async function fromBucket(bucket: string, key: string, input: Input, { objects }: InputServices): Promise<Picture> {
  if (!objects?.buckets.has(bucket)) {
    throw input.refusal(
      `names the bucket ${JSON.stringify(bucket)}, which is not among those that may be read`,
      'permission',
    )
  }
  const { signal } = input.request
  try {
    const found = await objects.open(bucket, key)
    if (found === undefined) throw input.refusal('names an object that does not exist')
    const { bytes, size } = found
    const onAbort = () => bytes.destroy(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      input.requireSize(size)
      return input.inline(await input.gather(bytes))
    } finally {
      signal.removeEventListener('abort', onAbort)
      bytes.destroy()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TurnoutError) throw error
    const reason = error instanceof Error ? error.name : String(error)
    throw input.refusal(`cannot be read from the bucket ${bucket} (${reason})`, 'invalid_input', error)
  }
}

async function fromArtifact(id: string, input: Input, wish: InputWish, services: InputServices): Promise<Picture> {
  const { artifacts, publicUrl } = services
  const { owner, links } = wish
  const found = owner && (await artifacts?.find(id))
  const mine = found && !found.deletedAt && (owner.role === 'admin' || (found.keyId ?? '') === owner.keyId)
  if (!artifacts || !mine) throw input.refusal(`names the artifact ${id}, which does not exist`)
  input.requireType(found.mediaType)
  if (links && publicUrl !== undefined && isPublicLink(publicUrl) && found.mediaType !== 'image/svg+xml') {
    return { url: artifacts.link(id, { baseUrl: publicUrl, expiresInSeconds: LINK_SECONDS }) }
  }
  input.requireSize(found.bytes)
  const { bytes } = await artifacts.open(await artifacts.describe(id, 'content'), 'content')
  return input.inline(await input.gather(bytes))
}

/** Whether others than we can reach an address, as far as it tells by itself. */
const isPublicLink = (url: string): boolean =>
  URL.canParse(url) && new URL(url).protocol === 'https:' && isPublicHost(new URL(url).hostname)

/**
 * An input that a request names, as its provider takes it: an address where
 * the provider fetches itself and can reach it, else the bytes in base64,
 * known by what they are and not by what they are called.
 *
 * @throws TurnoutError invalid_input, permission: with the name of the input; or the reason of the signal
 */
export async function resolveInput(reference: string, wish: InputWish, services: InputServices): Promise<Picture> {
  const input = new Input(wish)
  wish.signal.throwIfAborted()
  if (wish.kind === 'weights') {
    // They have gigabytes, and whoever takes them fetches them.
    if (WEB.test(reference)) return { url: reference }
    throw input.refusal('must be an http or https URL')
  }
  if (WEB.test(reference)) {
    return wish.links && isPublicLink(reference) ? { url: reference } : fromWeb(reference, input, services)
  }
  const [, bucket, key] = S3.exec(reference) ?? []
  if (bucket !== undefined && key !== undefined) return fromBucket(bucket, key, input, services)
  if (ARTIFACT.test(reference)) return fromArtifact(reference, input, wish, services)
  const data = DATA.exec(reference.slice(0, 256))
  if (!data) throw input.refusal(`must be ${FORMS}`)
  input.requireSize(Math.floor(((reference.length - data[0].length) * 3) / 4))
  return input.inline(Buffer.from(reference.slice(data[0].length), 'base64'))
}
