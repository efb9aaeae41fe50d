import { createHash, createHmac, type Hash, timingSafeEqual } from 'node:crypto'
import type { ArtifactDriver, StoredArtifact } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import { HEAD_BYTES, mediaTypeOf } from '../core/image/media-type.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
}

const TYPES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(EXTENSIONS).map(([type, extension]) => [extension, type]),
)

/** How long a link works, and how long at least its picture is kept. */
const LINK_MS = 60 * 60 * 1000
const KEEP_MS = 2 * LINK_MS

/** Bytes are called by what they are: the same ones have the same name. */
const nameOf = (hash: Hash, head: Uint8Array): string =>
  `${hash.digest('hex')}.${EXTENSIONS[mediaTypeOf(head) ?? ''] ?? 'bin'}`

/** Pictures that are handed out as links: kept for two hours, under signed addresses that work for one. */
export class Artifacts {
  readonly #driver: ArtifactDriver
  readonly #secret: Buffer
  readonly #sweep: NodeJS.Timeout

  constructor(driver: ArtifactDriver, secret: Buffer) {
    this.#driver = driver
    this.#secret = secret
    this.#sweep = setInterval(
      () => void driver.deleteOlderThan(Date.now() - KEEP_MS).catch(() => {}),
      KEEP_MS / 4,
    ).unref()
  }

  /** Keeps the bytes; the answer is the path and query under which they can be fetched. */
  async link(bytes: Uint8Array): Promise<string> {
    const name = nameOf(createHash('sha256').update(bytes), bytes)
    await this.#driver.put(name, bytes)
    return this.#linkTo(name)
  }

  /** The same for bytes as they come: all of them are never held. @throws whatever the bytes end in */
  async linkStream(bytes: AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash('sha256')
    let head: Uint8Array = new Uint8Array(0)
    async function* seen(): AsyncIterable<Uint8Array> {
      for await (const chunk of bytes) {
        hash.update(chunk)
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)])
        yield chunk
      }
    }
    return this.#linkTo(await this.#driver.putStream(seen(), () => nameOf(hash, head)))
  }

  /** @throws TurnoutError permission for a link that is wrong or has expired, not_found for bytes that are gone */
  async open(
    name: string,
    expires: string | null,
    signature: string | null,
  ): Promise<StoredArtifact & { mediaType: string }> {
    const expected = Buffer.from(this.#sign(name, expires ?? ''))
    const given = Buffer.from(signature ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new TurnoutError('permission', 'The signature of the link is wrong.')
    }
    if (!(Number(expires) > Date.now())) throw new TurnoutError('permission', 'The link has expired.')
    const stored = await this.#driver.open(name)
    if (!stored) throw new TurnoutError('not_found', 'The picture is no longer kept.')
    return { ...stored, mediaType: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream' }
  }

  stop(): void {
    clearInterval(this.#sweep)
  }

  #linkTo(name: string): string {
    const expires = String(Date.now() + LINK_MS)
    return `/v1/artifacts/${name}?expires=${expires}&signature=${this.#sign(name, expires)}`
  }

  #sign(name: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${name}\n${expires}`).digest('base64url')
  }
}
