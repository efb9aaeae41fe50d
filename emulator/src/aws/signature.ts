import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Knock } from '../double.ts'
import { headerOf } from '../http/credentials.ts'

/** What the Authorization header of a signed request says. */
export interface Signature {
  accessKeyId: string
  /** `yyyymmdd` */
  day: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
}

const FORM =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** The parts of a signature; undefined where the header has another form. */
export function readSignature(authorization: string | undefined): Signature | undefined {
  const match = FORM.exec(authorization ?? '')
  if (!match) return undefined
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = match
  return { accessKeyId, day, region, service, signedHeaders: names.split(';'), signature }
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** RFC 3986, as the signing rules have it: encodeURIComponent leaves five characters too many. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const [name = '', ...rest] = pair.split('=')
      return [encoded(decodeURIComponent(name)), encoded(decodeURIComponent(rest.join('=')))]
    })
    .sort(([a = '', x = ''], [b = '', y = '']) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')
}

/** The hash that the signature covers: the header's word for it, where there is one. */
function payloadHash({ headers, body }: Knock): string {
  return headerOf(headers, 'x-amz-content-sha256') ?? sha256(body)
}

/** Whether the body is the one that was signed. */
export function bodyMatches(knock: Knock): boolean {
  const said = headerOf(knock.headers, 'x-amz-content-sha256')
  return said === undefined || said === 'UNSIGNED-PAYLOAD' || said === sha256(knock.body)
}

/**
 * Whether the signature is the one of this request with this secret.
 * S3 signs the path as it is sent; all other services encode it once more.
 * Source: AWS, Create a signed AWS API request.
 */
export function signatureMatches(knock: Knock, parts: Signature, secret: string): boolean {
  const [path = '/', query = ''] = knock.url.split('?', 2)
  const canonicalPath = parts.service === 's3' ? path : path.split('/').map(encoded).join('/')
  const lines = parts.signedHeaders.map((name) => {
    const value = headerOf(knock.headers, name) ?? ''
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
  })
  const request = [
    knock.method,
    canonicalPath,
    canonicalQuery(query),
    lines.join(''),
    parts.signedHeaders.join(';'),
    payloadHash(knock),
  ].join('\n')
  const scope = `${parts.day}/${parts.region}/${parts.service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headerOf(knock.headers, 'x-amz-date') ?? '', scope, sha256(request)].join('\n')
  const key = [parts.day, parts.region, parts.service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`)
  return timingSafeEqual(hmac(key, toSign), Buffer.from(parts.signature, 'hex'))
}
