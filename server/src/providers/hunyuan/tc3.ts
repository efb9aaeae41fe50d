import { createHash, createHmac } from 'node:crypto'

/** A secret of two parts, as Tencent Cloud gives them out. */
export interface Tc3Secret {
  id: string
  key: string
}

/** What is signed of a request to Tencent Cloud's classic API: a POST of JSON to the root of a host. */
export interface Tc3Request {
  host: string
  /** The product, which is the first part of its host: `hunyuan`, `aiart`. */
  service: string
  action: string
  version: string
  region: string
  body: string
  /** Epoch milliseconds. */
  at: number
}

const CONTENT_TYPE = 'application/json; charset=utf-8'
const ALGORITHM = 'TC3-HMAC-SHA256'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * The headers of a request with Tencent Cloud's signature v3.
 * Source: Tencent Cloud API documentation, "Signature v3", read November 2026.
 */
export function signTc3(secret: Tc3Secret, request: Tc3Request): Record<string, string> {
  const { host, service, action, version, region, body } = request
  const timestamp = Math.floor(request.at / 1000)
  const day = new Date(timestamp * 1000).toISOString().slice(0, 10)
  const signed = 'content-type;host'
  const canonical = ['POST', '/', '', `content-type:${CONTENT_TYPE}`, `host:${host}`, '', signed, sha256(body)].join(
    '\n',
  )
  const scope = `${day}/${service}/tc3_request`
  const toSign = [ALGORITHM, timestamp, scope, sha256(canonical)].join('\n')
  const key = hmac(hmac(hmac(`TC3${secret.key}`, day), service), 'tc3_request')
  const signature = hmac(key, toSign).toString('hex')
  return {
    authorization: `${ALGORITHM} Credential=${secret.id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    'content-type': CONTENT_TYPE,
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-region': region,
    'x-tc-timestamp': String(timestamp),
  }
}
