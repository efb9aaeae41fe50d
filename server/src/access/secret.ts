import { hash, randomBytes } from 'node:crypto'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_PREFIX = 'trn_'
const SECRET_LENGTH = 40
const DISPLAY_LENGTH = 12

/** Bytes from here up are drawn again: taken modulo 62 they would favour the first characters. */
const FAIR_BYTES = 256 - (256 % BASE62.length)

/** A new virtual key: `trn_` and 40 random base62 characters, 238 bits. */
export function newSecret(): string {
  let random = ''
  while (random.length < SECRET_LENGTH) {
    for (const byte of randomBytes(SECRET_LENGTH)) {
      if (byte < FAIR_BYTES && random.length < SECRET_LENGTH) random += BASE62[byte % BASE62.length]
    }
  }
  return SECRET_PREFIX + random
}

/** SHA-256 of a secret in hex: the only form in which virtual keys are stored or kept in memory. */
export const hashSecret = (secret: string): string => hash('sha256', secret)

/** What a list shows of a secret, to recognise it by. */
export const displayPrefix = (secret: string): string => secret.slice(0, DISPLAY_LENGTH)
