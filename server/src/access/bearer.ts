import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * The virtual key that a request carries: `Authorization: Bearer KEY`, as
 * OpenAI's SDKs send it, or else `x-api-key: KEY`, as Anthropic's do.
 */
export function readSecret(headers: IncomingHttpHeaders): string | undefined {
  const authorization = headers.authorization
  if (authorization !== undefined && authorization.length > 7 && isBearer(authorization)) {
    const secret = decoded(authorization.slice(7)).trim()
    if (secret !== '') return secret
  }
  const apiKey = headers['x-api-key']
  return typeof apiKey === 'string' && apiKey !== '' ? decoded(apiKey) : undefined
}

/** Node.js reads the bytes of a header as Latin-1. A secret that was chosen may have characters that were sent as UTF-8. */
function decoded(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : value
}

/** RFC 9110, section 11.1: the name of a scheme is case-insensitive. */
function isBearer(authorization: string): boolean {
  return authorization.startsWith('Bearer ') || authorization.slice(0, 7).toLowerCase() === 'bearer '
}
