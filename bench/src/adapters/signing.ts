import { createHmac, hash } from 'node:crypto'

/** AWS Signature Version 4, as little of it as one call of one service needs. */

const KEY_ID = 'AKIABENCHBENCHBENCH0'
const SECRET = 'bench/SECRETbenchSECRETbenchSECRETbench0'
export const REGION = 'eu-central-1'
/** As the adapters take it. */
export const AWS_CREDENTIAL = `${KEY_ID}:${SECRET}`

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const keys = new Map<string, Buffer>()

/** The key of a day is made once. */
function keyOf(day: string, service: string): Buffer {
  const scope = `${day}/${service}`
  const known = keys.get(scope)
  if (known) return known
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), REGION), service), 'aws4_request')
  keys.set(scope, key)
  return key
}

export interface Signing {
  service: string
  host: string
  /** As it is sent; it is encoded once more to be signed. */
  path: string
  /** In the order of their names, which are in lower case; all before `host`. */
  headers: readonly (readonly [string, string])[]
  /** Likewise; all after `x-amz-date`. */
  more?: readonly (readonly [string, string])[]
}

/** The headers of a POST with its signature. */
export function sign({ service, host, path, headers, more = [] }: Signing, body: string): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const digest = hash('sha256', body)
  const signed = [...headers, ['host', host], ['x-amz-content-sha256', digest], ['x-amz-date', time], ...more] as const
  const names = signed.map(([name]) => name).join(';')
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = `POST\n${path.replaceAll('%', '%25')}\n\n${lines}\n${names}\n${digest}`
  const scope = `${day}/${REGION}/${service}/aws4_request`
  const signature = createHmac('sha256', keyOf(day, service))
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`)
    .digest('hex')
  return {
    ...Object.fromEntries(headers),
    ...Object.fromEntries(more),
    'x-amz-content-sha256': digest,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${KEY_ID}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  }
}
