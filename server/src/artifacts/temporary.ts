import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ArtifactDriver, StoredBytes } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import { newId } from '../lib/ids.ts'
import { mediaTypeOfBytes } from '../lib/media-type.ts'
import { Inflow } from './inflow.ts'
import { extensionOf, typeOfName } from './names.ts'

const FOLDER = 'links/'
const NAME = /^[a-z0-9][a-z0-9_.-]{0,100}$/

/** How long a link works, and how long at least its picture is kept. */
const LINK_MS = 60 * 60 * 1000
const KEEP_MS = 2 * LINK_MS

/** Pictures that `/v1` hands out as links: kept for two hours, under signed addresses that work for one. */
export class TemporaryPictures {
  readonly #driver: ArtifactDriver
  readonly #secret: Buffer

  constructor(driver: ArtifactDriver, secret: Buffer) {
    this.#driver = driver
    this.#secret = secret
  }

  /**
   * Keeps the bytes as they come, never all of them in memory; the answer is
   * the path and query under which they can be fetched.
   *
   * @throws whatever the bytes end in
   */
  async link(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
    const inflow = await Inflow.open(bytes)
    const mediaType = mediaTypeOfBytes(inflow.head)
    const name = `${newId('link')}.${extensionOf(mediaType)}`
    await this.#driver.put(FOLDER + name, bytes instanceof Uint8Array ? bytes : inflow, mediaType ? { mediaType } : {})
    const expires = String(Date.now() + LINK_MS)
    return `/v1/artifacts/${name}?expires=${expires}&signature=${this.#sign(name, expires)}`
  }

  /** @throws TurnoutError permission for a link that is wrong or has expired, not_found for bytes that are gone */
  async open(
    name: string,
    expires: string | null,
    signature: string | null,
  ): Promise<StoredBytes & { mediaType: string }> {
    const expected = Buffer.from(this.#sign(name, expires ?? ''))
    const given = Buffer.from(signature ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new TurnoutError('permission', 'The signature of the link is wrong.')
    }
    if (!(Number(expires) > Date.now())) throw new TurnoutError('permission', 'The link has expired.')
    const stored = NAME.test(name) ? await this.#driver.open(FOLDER + name) : undefined
    if (!stored) throw new TurnoutError('not_found', 'The picture is no longer kept.')
    return { ...stored, mediaType: typeOfName(name) }
  }

  /** Deletes what no link leads to any more. */
  async prune(now = Date.now()): Promise<void> {
    for await (const { key, modifiedAt } of this.#driver.list(FOLDER)) {
      if (modifiedAt < now - KEEP_MS) await this.#driver.delete(key)
    }
  }

  #sign(name: string, expires: string): string {
    return createHmac('sha256', this.#secret).update(`${name}\n${expires}`).digest('base64url')
  }
}
