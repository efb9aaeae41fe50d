import { hkdfSync, randomBytes } from 'node:crypto'
import { seal, unseal } from '../../lib/seal.ts'

const KEY_BYTES = 32
const SHORTEST_BYTES = 24
const LONGEST_BYTES = 64
const PREFIX = 'whsec_'

const format = (bytes: Buffer): string => PREFIX + bytes.toString('base64')

/** Whether a text is a secret as Standard Webhooks has it: `whsec_` and the base64 of 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64')
  return bytes.length >= SHORTEST_BYTES && bytes.length <= LONGEST_BYTES && format(bytes) === text
}

/** A new secret of 32 random bytes, in the form that Standard Webhooks gives it. */
export const newSecret = (): string => format(randomBytes(KEY_BYTES))

/** The secrets that webhooks are signed with: sealed in the database, or derived for a virtual key. */
export class WebhookSecrets {
  readonly #sealing: Buffer
  readonly #deriving: Buffer

  /** @param root A secret of the installation, that all its processes share. */
  constructor(root: Buffer) {
    this.#sealing = derive(root, 'seal')
    this.#deriving = derive(root, 'keys')
  }

  seal(secret: string): string {
    return seal(this.#sealing, 'webhook secret', secret)
  }

  /** @throws Error where it was sealed by another installation */
  open(sealed: string): string {
    return unseal(this.#sealing, 'webhook secret', sealed)
  }

  /** The secret of a virtual key, the same for ever: nothing of it is stored. */
  ofKey(keyId: string): string {
    return format(derive(this.#deriving, `key ${keyId}`))
  }
}

const derive = (from: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', from, '', `turnout webhooks ${purpose}`, KEY_BYTES))
