import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { Connection, TransportResponse } from 'turnout/src/core/adapter.ts'
import { post } from './requests.ts'

/** AWS Signature Version 4, as little of it as one call of one service needs. */

export const REGION = 'eu-central-1'
/** As the adapters take it. */
export const AWS_CREDENTIAL = 'AKIABENCHBENCHBENCH0:bench/SECRETbenchSECRETbenchSECRETbench0'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const keys = new Map<string, KeyObject>()

/** The key of a day is made once. */
function keyOf(secret: string, day: string, region: string, service: string): KeyObject {
  const scope = `${secret}/${day}/${region}/${service}`
  const known = keys.get(scope)
  if (known) return known
  const key = createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request'))
  keys.set(scope, key)
  return key
}

/**
 * Sends JSON with a signature.
 *
 * @param path As it is sent; it is encoded once more to be signed
 * @throws Error for an answer that is not a good one
 */
export function postSigned(
  service: string,
  path: string,
  request: object,
  connection: Connection,
): Promise<TransportResponse> {
  const { baseUrl, region = '', credential = '' } = connection
  const body = JSON.stringify(request)
  const [keyId, secret] = credential.split(':') as [string, string]
  const host = baseUrl.slice('https://'.length)
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const digest = hash('sha256', body)
  const names = 'content-type;host;x-amz-content-sha256;x-amz-date'
  const lines = `content-type:application/json\nhost:${host}\nx-amz-content-sha256:${digest}\nx-amz-date:${time}\n`
  const canonical = `POST\n${path.replaceAll('%', '%25')}\n\n${lines}\n${names}\n${digest}`
  const scope = `${day}/${region}/${service}/aws4_request`
  const signature = createHmac('sha256', keyOf(secret, day, region, service))
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`)
    .digest('hex')
  const headers = {
    'content-type': 'application/json',
    'x-amz-content-sha256': digest,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  }
  return post(baseUrl + path, headers, body, connection)
}
