import { createHmac, timingSafeEqual } from 'node:crypto'
import type { LinkOptions } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'

/** Which bytes of an artifact are meant. */
export const VARIANTS = ['content', 'thumbnail'] as const
export type Variant = (typeof VARIANTS)[number]

/** What stands in a link besides its path. */
export interface Signed {
  expires: string | undefined
  signature: string | undefined
}

/** Addresses that work without a key until they expire. */
export class ArtifactLinks {
  readonly #secret: Buffer
  readonly #expiresInSeconds: number

  constructor(secret: Buffer, expiresInSeconds: number) {
    this.#secret = secret
    this.#expiresInSeconds = expiresInSeconds
  }

  link(id: string, variant: Variant, { baseUrl, expiresInSeconds = this.#expiresInSeconds }: LinkOptions): string {
    const expires = String(Date.now() + expiresInSeconds * 1000)
    return `${baseUrl}/api/artifacts/${id}/${variant}?expires=${expires}&signature=${this.#sign(id, variant, expires)}`
  }

  /** @throws TurnoutError permission for a link that is wrong or has expired */
  verify(id: string, variant: Variant, { expires = '', signature = '' }: Signed): void {
    const expected = Buffer.from(this.#sign(id, variant, expires))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new TurnoutError('permission', 'The signature of the link is wrong.')
    }
    if (!(Number(expires) > Date.now())) throw new TurnoutError('permission', 'The link has expired.')
  }

  #sign(id: string, variant: Variant, expires: string): string {
    return createHmac('sha256', this.#secret).update(`artifact\n${id}\n${variant}\n${expires}`).digest('base64url')
  }
}
