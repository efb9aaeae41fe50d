import { generateKeyPairSync, verify } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, Transport } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'
import { vertexBase } from './door.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

const ANSWER = { candidates: [{ content: { parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] }
const call = { model: 'gemini-3.8-flash', messages: [{ role: 'user' as const, content: [] }] }

/** A token endpoint, and what it was asked. */
interface Endpoint {
  url: string
  asked: URLSearchParams[]
  answer: { status: number; body: unknown }
}

let server: Server
let endpoint: Endpoint

beforeEach(async () => {
  const answer = { status: 200, body: { access_token: 'access-1', expires_in: 3600, token_type: 'Bearer' } }
  endpoint = { url: '', asked: [], answer }
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    endpoint.asked.push(new URLSearchParams(Buffer.concat(pieces).toString()))
    response.writeHead(endpoint.answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(endpoint.answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterEach(() => server.close())

/** The document of a service account whose tokens come from the local endpoint; each test has its own. */
const document = (overrides: object = {}) =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'own-project',
    client_email: 'robot@own-project.example',
    private_key: privateKey,
    token_uri: endpoint.url,
    ...overrides,
  })

/** Vertex AI as a script, and the token endpoint as it is. */
function connect(
  overrides: Partial<Connection> = {},
  script: Scripted[] | (() => Scripted) = () => ({ body: ANSWER }),
) {
  const scripted = connectTo(script, { baseUrl: 'https://vertex.example', ...overrides })
  const transport: Transport = async (url, request) => {
    if (url !== endpoint.url) return scripted.transport(url, request)
    const response = await fetch(url, {
      method: request.method!,
      headers: request.headers!,
      body: String(request.body),
    }).catch((cause: unknown) => {
      throw new TurnoutError('connection', 'provider cannot be reached.', { cause })
    })
    return {
      status: response.status,
      headers: {},
      body: response.body as never,
      text: () => response.text(),
      json: () => response.json(),
    }
  }
  return { ...scripted, transport, sent: scripted.sent }
}

const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

describe('a service account', () => {
  test('signs for a token of its own endpoint, and its project is the default', async () => {
    const connection = connect({ credential: document() })
    await vertex.text!.generate(call, connection)
    expect(endpoint.asked).toHaveLength(1)
    expect(endpoint.asked[0]!.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header, claims, signature] = endpoint.asked[0]!.get('assertion')!.split('.')
    expect(decoded(header!)).toMatchObject({ alg: 'RS256' })
    expect(decoded(claims!)).toMatchObject({
      iss: 'robot@own-project.example',
      aud: endpoint.url,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
    const signed = Buffer.from(`${header}.${claims}`)
    expect(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature!, 'base64url'))).toBe(true)
    expect(connection.sent[0]).toMatchObject({
      url: 'https://vertex.example/v1/projects/own-project/locations/global/publishers/google/models/gemini-3.8-flash:generateContent',
      headers: { authorization: 'Bearer access-1' },
    })
  })

  test('is asked for one token by many calls', async () => {
    const connection = connect({ credential: document() })
    await Promise.all([1, 2, 3].map(() => vertex.text!.generate(call, connection)))
    await vertex.text!.generate(call, connection)
    expect(endpoint.asked).toHaveLength(1)
    expect(connection.sent).toHaveLength(4)
  })

  test('gets a new one before the old one ends', async () => {
    endpoint.answer.body = { access_token: 'short', expires_in: 60 }
    const connection = connect({ credential: document() })
    await vertex.text!.generate(call, connection)
    endpoint.answer.body = { access_token: 'next', expires_in: 3600 }
    await vertex.text!.generate(call, connection)
    expect(connection.sent.map(({ headers }) => headers?.authorization)).toEqual(['Bearer short', 'Bearer next'])
  })

  test.each([
    [
      400,
      { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
      'authentication',
      'Invalid JWT Signature.',
    ],
    [503, { error: 'internal_failure' }, 'overloaded', 'internal_failure'],
    [200, {}, 'overloaded', 'HTTP status 200'],
  ])('is refused with %i, and nothing was delivered', async (status, body, code, message) => {
    endpoint.answer = { status, body }
    const connection = connect({ credential: document() })
    const failed = vertex.text!.generate(call, connection)
    await expect(failed).rejects.toMatchObject({ code, delivered: false })
    await expect(failed).rejects.toThrow(message)
    expect(connection.sent).toEqual([])
    // It is asked again the next time.
    endpoint.answer = { status: 200, body: { access_token: 'late', expires_in: 3600 } }
    await vertex.text!.generate(call, connection)
    expect(connection.sent).toHaveLength(1)
  })

  test('whose endpoint cannot be reached', async () => {
    const connection = connect({ credential: document() })
    await new Promise((resolve) => server.close(resolve))
    await expect(vertex.text!.generate(call, connection)).rejects.toMatchObject({
      code: 'connection',
      delivered: false,
    })
  })

  test.each([
    ['broken', '{"type":'],
    ['of another type', JSON.stringify({ type: 'authorized_user', client_email: 'a', private_key: 'secret-key' })],
    ['without a key', JSON.stringify({ client_email: 'a@b.example', other: 'secret-key' })],
    ['with a key that is none', JSON.stringify({ client_email: 'a@b.example', private_key: 'secret-key' })],
    ['with an endpoint that is none', JSON.stringify({ client_email: 'a', private_key: 'secret-key', token_uri: 'x' })],
  ])('%s is told without its secret', async (_, credential) => {
    const failed = await vertex.text!.generate(call, connect({ credential })).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'authentication', delivered: false })
    expect((failed as Error).message).not.toContain('secret-key')
  })
})

describe('addresses', () => {
  test.each([
    ['https://europe-west4-aiplatform.googleapis.com', 'https://europe-west4-aiplatform.googleapis.com'],
    ['https://global-aiplatform.googleapis.com', 'https://aiplatform.googleapis.com'],
    ['https://eu-aiplatform.googleapis.com/v1beta1', 'https://aiplatform.eu.rep.googleapis.com/v1beta1'],
    ['https://edge.example/global-aiplatform.googleapis.com', 'https://edge.example/global-aiplatform.googleapis.com'],
  ])('%s is %s', (configured, wanted) => {
    expect(vertexBase(configured)).toBe(wanted)
  })

  test.each([
    ['gemini-3.8-flash', '/v1/projects/p/locations/us-east5/publishers/google/models/gemini-3.8-flash'],
    ['publishers/meta/models/llama', '/v1/projects/p/locations/us-east5/publishers/meta/models/llama'],
    ['endpoints/123', '/v1/projects/p/locations/us-east5/endpoints/123'],
    ['projects/q/locations/r/endpoints/1', '/v1/projects/q/locations/r/endpoints/1'],
  ])('the model %s', async (model, path) => {
    const connection = connect({ credential: 'access', region: 'us-east5', settings: { project: 'p' } })
    await vertex.text!.generate({ ...call, model }, connection)
    expect(connection.sent[0]).toMatchObject({
      url: `https://vertex.example${path}:generateContent`,
      headers: { authorization: 'Bearer access' },
    })
  })

  test('a configured project wins over that of the account', async () => {
    const connection = connect({ credential: document(), settings: { project: 'other' } })
    await vertex.text!.generate(call, connection)
    expect(connection.sent[0]!.url).toContain('/projects/other/')
  })

  test('without a project nothing is asked', async () => {
    const connection = connect({ credential: 'access' })
    await expect(vertex.text!.generate(call, connection)).rejects.toMatchObject({
      code: 'model_not_enabled',
      delivered: false,
    })
    expect(connection.sent).toEqual([])
  })
})

describe('embeddings', () => {
  const embed = (model: string, texts: string[], body: (i: number) => object) => {
    let asked = 0
    const connection = connect({ credential: 'access', settings: { project: 'p' } }, () => ({
      body: { ...body(asked++) },
    }))
    return { connection, result: vertex.embed!.embed({ model, texts }, connection) }
  }
  const texts = Array.from({ length: 10 }, (_, i) => `text ${i}`)
  const one = (i: number) => ({ predictions: [{ embeddings: { values: [i], statistics: { token_count: 2 } } }] })

  test('older models take all texts at once, Gemini models one each', async () => {
    const predictions = texts.map((_, i) => one(i).predictions[0])
    const older = embed('text-embedding-005', texts, () => ({ predictions }))
    const wanted = { vectors: texts.map((_, i) => [i]), usage: { inputTokens: 20 }, warnings: [] }
    expect(await older.result).toEqual(wanted)
    expect(older.connection.sent).toHaveLength(1)
    const first = embed('gemini-embedding-001', texts, one)
    expect(await first.result).toEqual(wanted)
    expect(first.connection.sent).toHaveLength(10)
    const newer = embed('gemini-embedding-2', texts, (i) => ({ embedding: { values: [i] } }))
    expect(await newer.result).toEqual({ ...wanted, usage: {} })
    expect(newer.connection.sent[9]!.url).toMatch(/gemini-embedding-2:embedContent$/)
  })

  test('too few vectors are no answer', async () => {
    await expect(embed('text-embedding-005', texts, one).result).rejects.toMatchObject({ code: 'invalid_output' })
    await expect(embed('gemini-embedding-2', ['a'], one).result).rejects.toMatchObject({ code: 'invalid_output' })
  })
})
