import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ProviderConnection } from '../../core/deployment.ts'
import { isPublicHost } from '../../lib/http/addresses.ts'
import type { Delivery } from './order.ts'

const NONE: Pick<Delivery, 'callbackUrl' | 'callbackSecret'> = { callbackUrl: undefined, callbackSecret: undefined }

/** The addresses at which providers tell of the end of attempts: nobody else can guess them. */
export class CallbackLinks {
  readonly #secret: Buffer
  readonly #publicUrl: string | undefined

  /** @param publicUrl Where providers reach this server, without a trailing slash; undefined: nowhere. */
  constructor(secret: Buffer, publicUrl: string | undefined) {
    this.#secret = secret
    this.#publicUrl = publicUrl
  }

  /** What an attempt registers at its provider; nothing where that cannot reach us. */
  offer(attemptId: string, provider: ProviderConnection): Pick<Delivery, 'callbackUrl' | 'callbackSecret'> {
    const publicUrl = this.#publicUrl
    if (publicUrl === undefined || provider.settings.callbacks === false || !reaches(provider, publicUrl)) return NONE
    const signature = this.#sign('url', provider.id, attemptId)
    return {
      callbackUrl: `${publicUrl}/api/callbacks/${encodeURIComponent(provider.id)}/${attemptId}/${signature}`,
      callbackSecret: this.secretOf(attemptId, provider.id),
    }
  }

  /** What the provider signs its callback with. */
  secretOf(attemptId: string, provider: string): string {
    return this.#sign('secret', provider, attemptId)
  }

  /** Whether an address is one that was offered. */
  isOurs(provider: string, attemptId: string, signature: string): boolean {
    const expected = Buffer.from(this.#sign('url', provider, attemptId))
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  #sign(what: 'url' | 'secret', provider: string, attemptId: string): string {
    return createHmac('sha256', this.#secret).update(`callback\n${what}\n${provider}\n${attemptId}`).digest('base64url')
  }
}

/** A provider of the public internet reaches what is public; one in our own network may reach us there. */
function reaches({ baseUrl }: ProviderConnection, publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl)
  return (protocol === 'https:' && isPublicHost(hostname)) || !isPublicHost(new URL(baseUrl).hostname)
}
