import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wire } from '../testing-wire.ts'
import { readSignature, signatureMatches } from './signature.ts'

describe('a signature', () => {
  const header = (more = '') =>
    `AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'a'.repeat(64)}${more}`

  it('is read into its parts, and not at all in another form', () => {
    expect(readSignature(header())).toMatchObject({
      accessKeyId: 'AKID',
      region: 'us-east-1',
      service: 'bedrock',
      signedHeaders: ['host', 'x-amz-date'],
    })
    for (const wrong of [undefined, 'Bearer x', header('a'), header().replace('AWS4', 'AWS3')]) {
      expect(readSignature(wrong)).toBeUndefined()
    }
  })
})

interface Vector {
  request: { method: string; path: string; headers: Record<string, string>; body: string }
  credentials: { accessKeyId: string; secretAccessKey: string }
  service: string
  region: string
  expect: Record<string, string>
}

describe.skipIf(wire === undefined)('the independent vector (TURNOUT_WIRE names its folder)', () => {
  it('matches with its secret only', () => {
    const vector = JSON.parse(readFileSync(join(wire ?? '', 'aws/sigv4-vector-bedrock.json'), 'utf8')) as Vector
    const stamp = vector.expect['x-amz-date'] ?? ''
    const parts = {
      accessKeyId: vector.credentials.accessKeyId,
      day: stamp.slice(0, 8),
      region: vector.region,
      service: vector.service,
      signedHeaders: vector.expect.signedHeaders?.split(';') ?? [],
      signature: vector.expect.signature ?? '',
    }
    const headers = {
      ...vector.request.headers,
      'x-amz-date': stamp,
      'x-amz-content-sha256': vector.expect['x-amz-content-sha256'],
    }
    const { method, path: url, body } = vector.request
    const knock = { method, url, headers, body: Buffer.from(body) }
    expect(signatureMatches(knock, parts, vector.credentials.secretAccessKey)).toBe(true)
    expect(signatureMatches(knock, parts, 'another')).toBe(false)
    expect(signatureMatches({ ...knock, url: '/other' }, parts, vector.credentials.secretAccessKey)).toBe(false)
  })
})
