import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Knock } from '../double.ts'
import { headerOf } from '../http/credentials.ts'

/** What the Authorization header of a request that Tencent Cloud signed says. */
export interface Signature {
  secretId: string
  /** `yyyy-mm-dd` in UTC. */
  day: string
  service: string
  signedHeaders: string[]
  signature: string
}

const FORM =
  /^TC3-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{4}-\d\d-\d\d)\/([a-z0-9-]+)\/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** The parts of a signature; undefined where the header has another form. */
export function readSignature(authorization: string | undefined): Signature | undefined {
  const match = FORM.exec(authorization ?? '')
  if (!match) return undefined
  const [, secretId = '', day = '', service = '', names = '', signature = ''] = match
  return { secretId, day, service, signedHeaders: names.split(';'), signature }
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/**
 * The signature of a request. Source: Tencent Cloud documentation, signature method v3.
 *
 * @param path always `/` at Tencent; the emulator stands at a path of its own
 */
export function sign(knock: Knock, { day, service, signedHeaders }: Signature, secret: string, path = '/'): string {
  const headers = signedHeaders
    .map((name) => `${name}:${(headerOf(knock.headers, name) ?? '').trim().toLowerCase()}\n`)
    .join('')
  const request = [knock.method, path, '', headers, signedHeaders.join(';'), sha256(knock.body)].join('\n')
  const timestamp = headerOf(knock.headers, 'x-tc-timestamp') ?? ''
  const text = ['TC3-HMAC-SHA256', timestamp, `${day}/${service}/tc3_request`, sha256(request)].join('\n')
  const key = hmac(hmac(hmac(`TC3${secret}`, day), service), 'tc3_request')
  return hmac(key, text).toString('hex')
}

/** Whether the signature is the one of this request with this secret. */
export function signatureMatches(knock: Knock, parts: Signature, secret: string): boolean {
  const given = Buffer.from(parts.signature)
  const sent = knock.url.split('?')[0] ?? '/'
  return ['/', sent].some((path) => timingSafeEqual(Buffer.from(sign(knock, parts, secret, path)), given))
}
