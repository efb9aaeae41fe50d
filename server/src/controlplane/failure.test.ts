import { Writable } from 'node:stream'
import { ERROR_CODES } from '@turnout/contract'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, TurnoutError } from '../core/error.ts'
import { fakeServices } from './fakes.ts'
import { startControlPlane, type TestServer } from './testing.ts'

let server: TestServer
let thrown: unknown
const logged: string[] = []
beforeAll(async () => {
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      logged.push(String(chunk))
      done()
    },
  })
  const generation = { ...fakeServices().generation, text: () => Promise.reject(thrown) }
  server = await startControlPlane({ generation, log: pino({ level: 'info' }, sink), emulated: true })
})
afterAll(() => server.stop())

const ask = (json: unknown) => server.call('POST', '/api/generate-text', { role: 'user', json })
const VALID = { prompt: 'p', modelId: 'writer' }

describe('invalid input', () => {
  it('names the first field and what is allowed, and lists every problem', async () => {
    const { status, body } = await ask({ prompt: '', temperature: 5, colour: 'red' })
    expect(status).toBe(400)
    expect(body.error.code).toBe('invalid_input')
    expect(body.error.message).toBe('prompt must have at least 1 character (3 more in details).')
    expect(body.error.details).toEqual([
      { path: 'prompt', message: 'must have at least 1 character' },
      { path: 'temperature', message: 'must be at most 2' },
      {
        path: 'colour',
        message:
          'is not known; allowed: prompt, modelId, role, productType, session, user, cache, systemPrompt, temperature, maxTokens, stream, validate',
      },
      { path: 'modelId', message: 'is required, unless role takes its place' },
    ])
  })

  it('gives the path of a field that lies deeper', async () => {
    const json = { id: 'm', aliases: ['ok', ''], limits: { images: 1.5 }, output: ['smell'], credential: 'sk-123' }
    const { body } = await server.call('POST', '/api/models', { role: 'admin', json })
    const paths = new Set(body.error.details.map(({ path }: { path: string }) => path))
    expect(paths).toEqual(new Set(['aliases[1]', 'output[0]', 'limits.images', 'credential']))
    expect(JSON.stringify(body.error.details)).toContain('must be a whole number')
    expect(JSON.stringify(body.error.details)).toContain('must be one of \\"text\\", \\"image\\"')
    expect(JSON.stringify(body.error.details)).toContain('never the secret itself')
  })

  it('says what kind of body is needed', async () => {
    expect((await ask(undefined)).body.error.message).toBe('The request body must be an object.')
    expect((await ask([1])).body.error.message).toBe('The body must be a JSON object.')
  })

  it('checks the query too', async () => {
    const call = (query: string) => server.call('GET', `/api/models?${query}`, { role: 'viewer' })
    expect((await call('limit=0')).body.error.message).toBe('limit must be at least 1.')
    expect((await call('limit=many')).body.error.message).toBe('limit must be a number.')
    expect((await call('enabled=perhaps')).body.error.message).toBe('enabled must be true or false.')
    expect((await call('type=text&type=image')).status).toBe(400)
    expect((await call('colour=red')).body.error.details).toEqual([
      { path: 'colour', message: 'is not known; allowed: type, provider, enabled, available, cursor, limit' },
    ])
  })
})

it('refuses what no database can be asked for', async () => {
  const message = async (path: string) => (await server.call('GET', path, { role: 'admin' })).body.error.message
  expect(await message('/api/keys?limit=5&cursor=a%00')).toBe('cursor must not have the character U+0000.')
  expect(await message('/api/jobs/%00')).toBe('The path must not have the character U+0000.')
  for (const time of ['0000-12-31', '9999-12-31T23:59:59-01:00']) {
    expect(await message(`/api/usage?from=${time}`)).toBe('from must lie in the years 1 to 9999.')
  }
  expect(await message('/api/jobs?since=0000-12-31T00:00:00Z')).toBe('since must lie in the years 1 to 9999.')
})

describe('bodies that cannot be read', () => {
  const post = (body: string, type = 'application/json') =>
    server.call('POST', '/api/generate-text', { role: 'user', body, headers: { 'content-type': type } })

  it.each([
    ['malformed JSON', '{"prompt":', 'application/json', 400, /not valid JSON/],
    ['JSON that nests too deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 'application/json', 400, /deeper/],
    ['another content type', 'prompt=p', 'text/plain', 415, /application\/json/],
    ['a body that is too large', `{"prompt":"${'a'.repeat(200_000)}"}`, 'application/json', 413, /100000 bytes/],
  ])('refuses %s', async (_title, text, type, status, message) => {
    const answer = await post(text, type)
    expect(answer.status).toBe(status)
    expect(answer.body.error.code).toBe('invalid_input')
    expect(answer.body.error.message).toMatch(message)
  })
})

describe('routes that do not exist', () => {
  it('answers 404, 405 with Allow, and 400 for a path that is not encoded well', async () => {
    const unknown = await server.call('GET', '/api/nothing?x=1')
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'not_found'])
    expect(unknown.body.error.message).toBe('There is no route GET /api/nothing.')
    const wrong = await server.call('PATCH', '/api/models/fal-ai/flux')
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, POST, PUT'])
    expect((await server.call('OPTIONS', '/api/keys/')).headers.get('allow')).toBe('GET, HEAD, POST')
    const malformed = await server.call('GET', '/api/models/%zz', { role: 'viewer' })
    expect([malformed.status, malformed.body.error.code]).toEqual([400, 'invalid_input'])
    expect(malformed.headers.get('x-turnout-request-id')).toBe(malformed.body.error.requestId)
  })

  it('answers HEAD without a body', async () => {
    const { status, body } = await server.call('HEAD', '/api/health')
    expect([status, body]).toEqual([200, ''])
    expect((await server.call('HEAD', '/api/nothing')).status).toBe(404)
  })
})

describe('errors of the services', () => {
  it.each(ERROR_CODES)('answers %s with the status of the table', async (code) => {
    thrown = new TurnoutError(code, 'Told to the client.', { retryAfterMs: 1500 })
    const { status, headers, body } = await ask(VALID)
    expect(status).toBe(ERRORS[code].status)
    expect(body.error).toMatchObject({ code, message: 'Told to the client.' })
    expect(headers.get('retry-after')).toBe('2')
  })

  it('tells what the provider said, and no internals in production', async () => {
    thrown = new TurnoutError('upstream_error', 'The provider failed.', {
      provider: 'openai',
      upstreamStatus: 500,
      upstreamRequestId: 'up_1',
      details: { delivered: true },
      cause: new Error('inner'),
    })
    const { body } = await ask(VALID)
    expect(body.error.details).toEqual({
      provider: 'openai',
      upstreamStatus: 500,
      upstreamRequestId: 'up_1',
      delivered: true,
    })
  })

  it('hides a stranger, and logs it with the request id', async () => {
    thrown = new Error('relation "keys" does not exist')
    const { status, body } = await ask(VALID)
    expect([status, body.error.code, body.error.message]).toEqual([500, 'internal', 'An internal error occurred.'])
    expect(JSON.stringify(body)).not.toContain('relation')
    const line = logged.find((one) => one.includes('relation') && one.includes(body.error.requestId))
    expect(line).toBeDefined()
  })

  it('shows causes and stack outside production, without secrets', async () => {
    const generation = {
      ...fakeServices().generation,
      text: () => Promise.reject(new Error('outer', { cause: new Error('said Bearer abcdefghijkl42') })),
    }
    const development = await startControlPlane({ production: false, generation })
    const { body } = await development.call('POST', '/api/generate-text', { role: 'user', json: VALID })
    await development.stop()
    expect(body.error.details.internals.causes).toEqual(['Error: outer', 'Error: said [redacted]'])
    expect(body.error.details.internals.stack[0]).toContain('at ')
  })
})

it('puts the common headers on every answer', async () => {
  for (const path of ['/api/health', '/api/nothing', '/api/models', '/api/models/%zz', '/livez']) {
    const { headers } = await server.call('GET', path)
    expect(headers.get('x-turnout-request-id')).toMatch(/^req_/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-turnout-emulated')).toBe('true')
  }
})
