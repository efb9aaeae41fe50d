import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readWire, wireFolder } from '../../testing/wire.ts'
import { type Signable, signed } from './sign.ts'

interface Keys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

const S3_KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const NOW = new Date('2026-11-20T12:00:00Z')

const signatureOf = (headers: Record<string, string>): string | undefined =>
  /Signature=(\w+)/.exec(headers.authorization!)?.[1]
const signedHeadersOf = (headers: Record<string, string>): string | undefined =>
  /SignedHeaders=([\w;-]+)/.exec(headers.authorization!)?.[1]

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
const percent = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** The algorithm as AWS's documentation tells it, written down once more. */
function reference({ method, url, headers, body = '' }: Signable, keys: Keys, service: string): string {
  const { host, pathname, searchParams } = new URL(url)
  const date = '20261120T120000Z'
  const all: Record<string, string> = {
    ...headers,
    host,
    'x-amz-date': date,
    'x-amz-content-sha256': sha256(body as string),
    ...(keys.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
  }
  const names = Object.keys(all).sort()
  const path = service === 's3' ? pathname : pathname.split('/').map(percent).join('/')
  const query = [...searchParams]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .join('&')
  const canonical = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${all[name]!.trim()}`),
    '',
    names.join(';'),
    sha256(body as string),
  ]
  const scope = `20261120/eu-west-1/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical.join('\n'))].join('\n')
  const key = ['20261120', 'eu-west-1', service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  )
  return hmac(key, toSign).toString('hex')
}

class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

/** What the library of AWS's own clients signs. */
async function bySmithy({ method, url, headers, body = '' }: Signable, keys: Keys, service: string, now: Date) {
  const { protocol, host, hostname, pathname, searchParams } = new URL(url)
  const query: Record<string, string[]> = {}
  for (const name of searchParams.keys()) query[name] = searchParams.getAll(name)
  const signer = new SignatureV4({
    credentials: keys,
    service,
    region: 'eu-west-1',
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  })
  const request = {
    method,
    protocol,
    hostname,
    path: pathname,
    query,
    headers: { ...headers, host, 'x-amz-content-sha256': sha256(body as string) },
    body,
  }
  return (await signer.sign(request, { signingDate: now })).headers
}

describe('Signature Version 4', () => {
  test.skipIf(wireFolder() === undefined)(
    'the vector of a Bedrock call (skipped without the wire folder)',
    async () => {
      const vector = JSON.parse(readWire('aws/sigv4-vector-bedrock.json')) as {
        request: { host: string; path: string; body: string }
        credentials: Keys
        date: string
        expect: { signedHeaders: string; signature: string }
      }
      const { host, path, body } = vector.request
      const request = {
        method: 'POST' as const,
        url: `https://${host}${path}`,
        headers: { 'content-type': 'application/json' },
        body,
      }
      const scope = { service: 'bedrock', region: 'us-east-1' }
      const headers = await signed(request, vector.credentials, scope, new Date(vector.date))
      expect(signedHeadersOf(headers)).toBe(vector.expect.signedHeaders)
      expect(signatureOf(headers)).toBe(vector.expect.signature)
    },
  )

  /** Source: Amazon S3 API reference, examples of signature calculations. */
  test.each([
    ['/test.txt', { range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
    ['/?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['/?max-keys=2&prefix=J', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])("AWS's own example of S3, %s", async (path, headers, signature) => {
    const request = { method: 'GET' as const, url: `https://examplebucket.s3.amazonaws.com${path}`, headers }
    const scope = { service: 's3', region: 'us-east-1' }
    expect(signatureOf(await signed(request, S3_KEYS, scope, new Date('2013-05-24T00:00:00Z')))).toBe(signature)
  })

  const segment = fc.stringMatching(/^[a-zA-Z0-9:._~ !$&'()*+,;=@-]{1,20}$/).filter((text) => !/^\.+$/.test(text))

  test('any path, query, body and session token, as the documentation has the algorithm', async () => {
    const arbitrary = fc.record({
      service: fc.constantFrom('bedrock', 'sagemaker', 's3'),
      path: fc.array(segment, { minLength: 1, maxLength: 4 }),
      query: fc.dictionary(fc.stringMatching(/^[a-z-]{1,8}$/), fc.string({ maxLength: 8 }), { maxKeys: 3 }),
      body: fc.string(),
      token: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
      extra: fc.stringMatching(/^[!-~]{1,20}$/),
    })
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ service, path, query, body, token, extra }) => {
        const search = new URLSearchParams(query).toString()
        const url = `https://host.example:8443/${path.map(percent).join('/')}${search && `?${search}`}`
        const headers = { 'content-type': 'application/json', 'x-amzn-sagemaker-custom-attributes': extra }
        const request = { method: 'POST' as const, url, headers, body }
        const keys = { ...KEYS, ...(token !== undefined && { sessionToken: token }) }
        const own = await signed(request, keys, { service, region: 'eu-west-1' }, NOW)
        expect(signatureOf(own)).toBe(reference(request, keys, service))
        expect(own['x-amz-security-token']).toBe(token)
      }),
      { numRuns: 50 },
    )
  })

  test('signs what the library of AWS’s own clients signs, and sends what it sends', async () => {
    const name = fc.oneof(
      fc.constantFrom('user-agent', 'x-amzn-trace-id', 'sec-fetch-mode', 'proxy-connection', 'date', 'accept', 'te'),
      fc.stringMatching(/^x-[a-z][a-z0-9-]{0,10}$/),
    )
    const arbitrary = fc.record({
      service: fc.constantFrom('bedrock', 'sagemaker', 's3'),
      path: fc.array(fc.oneof(segment, fc.constant('')), { minLength: 1, maxLength: 4 }),
      query: fc.array(fc.tuple(fc.stringMatching(/^[a-c=-]{1,2}$/), fc.string({ maxLength: 4 })), { maxLength: 4 }),
      headers: fc.dictionary(name, fc.stringMatching(/^[ !-~]{0,20}$/), { maxKeys: 4, noNullPrototype: true }),
      body: fc.string(),
      sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
      secret: fc.constantFrom(KEYS.secretAccessKey, S3_KEYS.secretAccessKey),
      now: fc.date({ min: new Date('2015-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
    })
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ service, path, query, headers, body, sessionToken, secret, now }) => {
        const search = new URLSearchParams(query).toString()
        const url = `https://host.example/${path.map(percent).join('/')}${search && `?${search}`}`
        const request = { method: 'PUT' as const, url, headers, body }
        const keys = { ...KEYS, secretAccessKey: secret, ...(sessionToken !== undefined && { sessionToken }) }
        const { host: _, ...theirs } = await bySmithy(request, keys, service, now)
        expect(signed(request, keys, { service, region: 'eu-west-1' }, now)).toEqual(theirs)
      }),
      { numRuns: 200 },
    )
  })
})
