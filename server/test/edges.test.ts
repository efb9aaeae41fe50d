import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, FAST_RETRIES, startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const MB = 1024 ** 2
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ args: ['--body-limit', '1mb', '--image-body-limit', '2mb', '--json-depth', '20'] })
})
afterAll(() => gateway.close())

interface Failure {
  error: { message: string; type: string; param: string | null; code: string; request_id: string }
}

async function send(path: string, init: RequestInit = {}, key: string | null = ADMIN_KEY) {
  const headers = {
    'content-type': 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...init.headers,
  }
  const response = await fetch(gateway.url + path, { method: 'POST', ...init, headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Failure }
}

const chat = (body: unknown) =>
  send('/v1/chat/completions', { body: typeof body === 'string' ? body : JSON.stringify(body) })
const good = { model: CHAT, messages: [{ role: 'user', content: 'x' }] }

describe('what a client sends wrongly is refused by name, in OpenAI’s shape', () => {
  test.each<[string, unknown, number, RegExp, string | null]>([
    ['no JSON', '{"model":', 400, /not valid JSON/, null],
    ['an empty body', '', 400, /empty/, null],
    ['a list', '[]', 400, /must be a JSON object/, null],
    ['JSON that nests too deep', `{"a":${'['.repeat(25)}${']'.repeat(25)}}`, 400, /deeper than 20/, null],
    ['no model', { messages: good.messages }, 400, /model is required/, 'model'],
    ['a model that is a number', { ...good, model: 5 }, 400, /model must be a string/, 'model'],
    ['no messages', { model: CHAT }, 400, /messages is required/, 'messages'],
    [
      'an unknown role',
      { ...good, messages: [{ role: 'robot', content: 'x' }] },
      400,
      /one of "developer"/,
      'messages[0].role',
    ],
    [
      'content of a wrong type',
      { ...good, messages: [{ role: 'user', content: 5 }] },
      400,
      /content must be a string/,
      'messages[0].content',
    ],
    ['a temperature out of range', { ...good, temperature: 3 }, 400, /temperature must be at most 2/, 'temperature'],
    ['a flag that is a word', { ...good, stream: 'yes' }, 400, /stream must be true or false/, 'stream'],
    ['an end user without end', { ...good, user: 'x'.repeat(513) }, 400, /user must have at most 512/, 'user'],
    ['an unknown model', { ...good, model: 'gpt-5.4-mimi' }, 404, /gpt-5\.4-mini/, 'model'],
    ['a retired model', { ...good, model: 'dall-e-3' }, 410, /gpt-image/, 'model'],
    ['a model that makes pictures', { ...good, model: 'gpt-image-2' }, 400, /does not make chat completions/, 'model'],
  ])('%s', async (_, body, status, message, param) => {
    const refused = await chat(body)
    expect(refused).toMatchObject({ status, body: { error: { message: expect.stringMatching(message), param } } })
    expect(refused.body.error.request_id).toBe(refused.headers.get('x-turnout-request-id'))
  })

  test.each<[string, string, RequestInit, number, RegExp]>([
    [
      'another content type',
      '/v1/chat/completions',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      415,
      /application\/json/,
    ],
    [
      'a packed body',
      '/v1/chat/completions',
      { body: 'x', headers: { 'content-encoding': 'gzip' } },
      415,
      /content-encoding/,
    ],
    ['an unknown route', '/v1/nonsense', { body: '{}' }, 404, /no \/v1\/nonsense/],
    ['a wrong method', '/v1/chat/completions', { method: 'GET' }, 405, /takes POST/],
    [
      'a form without its boundary',
      '/v1/images/edits',
      { body: 'x', headers: { 'content-type': 'multipart/form-data' } },
      415,
      /boundary/,
    ],
    [
      'a form without a picture',
      '/v1/images/edits',
      {
        body: '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-image-2\r\n--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n--b--\r\n',
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      },
      400,
      /image is required/,
    ],
    [
      'a size that is none',
      '/v1/images/generations',
      { body: '{"model":"gpt-image-2","prompt":"x","size":"big"}' },
      400,
      /WIDTHxHEIGHT/,
    ],
    [
      'what is for Turnout where it means nothing',
      '/v1/images/edits',
      { body: '{"model":"gpt-image-2","prompt":"x","turnout":{"stream":"held"}}' },
      400,
      /turnout\.stream is not known/,
    ],
    ['an empty input', '/v1/embeddings', { body: '{"model":"text-embedding-3-small","input":[]}' }, 400, /input/],
  ])('%s', async (_, path, init, status, message) => {
    expect(await send(path, init)).toMatchObject({
      status,
      body: { error: { message: expect.stringMatching(message) } },
    })
  })

  test('a body that is too large, whether it says so or not', async () => {
    const large = JSON.stringify({ ...good, user: 'x'.repeat(1.5 * MB) })
    expect(await chat(large)).toMatchObject({
      status: 413,
      body: { error: { message: expect.stringContaining(String(MB)) } },
    })
    const stream = new Blob([large]).stream()
    const chunked = await send('/v1/chat/completions', { body: stream, duplex: 'half' } as RequestInit)
    expect(chunked.status).toBe(413)
    expect((await send('/v1/images/generations', { body: large })).status).toBe(400)
  })

  test('nobody without a key, with a wrong one, or with one of too small a role', async () => {
    const { body } = await gateway.api('POST', '/api/keys', { name: 'watcher', role: 'viewer' })
    const routes = ['/v1/chat/completions', '/v1/embeddings', '/v1/images/generations', '/v1/images/edits']
    for (const path of routes) {
      expect((await send(path, { body: '{}' }, null)).status).toBe(401)
      expect((await send(path, { body: '{}' }, 'trn_wrong')).status).toBe(401)
      expect((await send(path, { body: '{}' }, body.data.secret)).status).toBe(403)
    }
    for (const path of ['/v1/models', `/v1/models/${CHAT}`]) {
      expect((await send(path, { method: 'GET' }, null)).status).toBe(401)
      expect((await send(path, { method: 'GET' }, body.data.secret)).status).toBe(200)
    }
  })
})

describe('the server stays up whatever comes over the wire', () => {
  function raw(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const { port } = new URL(gateway.url)
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(answer))
    })
  }

  test.each([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['headers that are too large', `GET /v1/models HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [
      'an impossible length',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ])('%s', async (_, bytes, status) => {
    const answer = await raw(bytes)
    expect(answer).toMatch(status)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ error: { code: 'invalid_input' } })
    expect((await chat(good)).status).toBe(200)
  })
})

test('a model whose provider has no credential says which variable to set', async () => {
  const bare = await startGateway({ env: { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }, args: ['--emulate', 'never'] })
  await expect(bare.client.chat.completions.create({ model: CHAT, messages: [] })).rejects.toMatchObject({
    status: 400,
  })
  await expect(
    bare.client.chat.completions.create({ ...good, messages: [{ role: 'user', content: 'x' }] }),
  ).rejects.toMatchObject({
    status: 403,
    code: 'model_not_enabled',
    message: expect.stringContaining('OPENAI_API_KEY'),
  })
  await bare.close()
})

describe('limits', () => {
  test('requests per minute are counted per key and told', async () => {
    const limited = await startGateway({ configuration: `${FAST_RETRIES}\nlimits: { requestsPerMinute: 2 }` })
    const create = async (limits: object) =>
      (await limited.api('POST', '/api/keys', { name: 'app', limits })).body.data.secret as string
    const ask = (key: string) =>
      fetch(`${limited.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(good),
      })
    const [plain, roomy] = [await create({}), await create({ requestsPerMinute: 3 })]
    // Five requests lie in at most two windows of a minute, which let four of them by.
    const seen = [await ask(plain), await ask(plain), await ask(plain), await ask(plain), await ask(plain)]
    const refused = seen.filter(({ status }) => status === 429)
    expect(seen[0]!.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused.length).toBeLessThanOrEqual(3)
    for (const answer of refused) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await answer.json()).toMatchObject({
        error: { code: 'rate_limit', message: expect.stringContaining('2 requests per minute') },
      })
    }
    expect((await ask(roomy)).headers.get('x-ratelimit-limit-requests')).toBe('3')
    await limited.close()
  })
})
