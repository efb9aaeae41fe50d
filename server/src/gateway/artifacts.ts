import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ArtifactDriver, StoredArtifact } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'

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

/** What the bytes are, by their first ones: what a provider calls them is hearsay. */
function mediaTypeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1')
  if (head.startsWith('\x89PNG')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('GIF8')) return 'image/gif'
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  if (/^\s*(<\?xml|<svg)/.test(head)) return 'image/svg+xml'
  return 'application/octet-stream'
}

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
    const hash = createHash('sha256').update(bytes).digest('hex')
    const name = `${hash}.${EXTENSIONS[mediaTypeOf(bytes)] ?? 'bin'}`
    await this.#driver.put(name, bytes)
    const expires = String(Date.now() + LINK_MS)
    return `/v1/artifacts/${name}?expires=${expires}&signature=${this.#sign(name, expires)}`
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

  #sign(name: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${name}\n${expires}`).digest('base64url')
  }
}
