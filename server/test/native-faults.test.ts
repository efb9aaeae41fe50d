import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
const HEADER_SECRET = 'my-private-header-secret'
const rate = (usd: string, when: object) => ({ unit: 'image', usd, when })
const CONFIGURATION = JSON.stringify({
  retry: { maxRetries: 2, backoffBase: 0.01, backoffFactor: 1 },
  timeouts: { firstPartMs: 1000, stallMs: 1000 },
  providers: { openai: { headers: { 'x-gateway-auth': HEADER_SECRET } } },
  models: [
    {
      id: 'painter',
      provider: 'openai',
      output: ['image'],
      limits: { sizes: ['1024x1024', '1536x1024'] },
      defaults: { n: 4, quality: 'high', size: '1024x1024', stream: true },
      prices: {
        rates: [
          rate('1', { quality: 'high', size: '1024x1024' }),
          rate('2', { quality: 'high', size: '1536x1024' }),
          rate('4', { quality: 'low' }),
        ],
        source: 'made up',
        asOf: '2026-11-01',
      },
    },
  ],
})
const EVENTS = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }

interface Scripted {
  status?: number
  headers?: Record<string, string>
  body: string | Buffer
  /** The connection is reset after the body. */
  reset?: boolean
  /** The answer does not end after the body. */
  open?: boolean
}

let script: Scripted
let calls = 0
/** What came last, and whether its answer is still being sent. */
let last: { headers: IncomingHttpHeaders; body: unknown; open: boolean }

/** From now on the upstream answers every request in this way. */
function scripted(to: Scripted): void {
  script = to
  calls = 0
}

let gateway: TestGateway
const upstream = createServer(async (request, response) => {
  if (request.method !== 'POST') {
    response.end('{"data":[]}')
    return
  }
  const { status = 200, headers = JSON_TYPE, body, reset, open } = script
  calls += 1
  const arrived = { headers: request.headers, body: await json(request), open: true }
  last = arrived
  response.on('close', () => {
    arrived.open = false
  })
  response.writeHead(status, headers)
  if (reset) response.write(body, () => response.destroy())
  else if (open) response.write(body)
  else response.end(body)
})
beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  gateway = await startGateway({ env: { OPENAI_BASE_URL: base }, configuration: CONFIGURATION })
})
afterAll(async () => {
  await gateway.close()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

const text = () => gateway.api('POST', '/api/generate-text', { prompt: 'x', modelId: CHAT })
const picture = () => gateway.api('POST', '/api/generate-image', { prompt: 'a tram', modelId: IMAGE })
const lastAttempt = async () => (await gateway.api('GET', '/api/usage?limit=1')).body.data[0]

test.each([502, 504, 520, 524])(
  'a picture behind a proxy that says %i may have been made: it is not asked for again',
  async (status) => {
    scripted({ status, body: '{"error":{"message":"bad gateway"}}' })
    const { status: told, body } = await picture()
    expect({ told, code: body.error.code, calls }).toEqual({ told: 502, code: 'unknown_outcome', calls: 1 })
    expect(await lastAttempt()).toMatchObject({ outcome: 'unknown', cost: null })
  },
)

test.each(['null', '{"data":[null]}', '{"data":null}', '{"data":{}}', '{"data":[{"b64_json":5}]}', '{}', 'no JSON'])(
  'a picture that was answered by %s is paid and not asked for again',
  async (body) => {
    scripted({ body })
    const answer = await picture()
    expect({ code: answer.body.error.code, calls }).toEqual({ code: 'invalid_output', calls: 1 })
    expect(await lastAttempt()).toMatchObject({ outcome: 'failed', cost: null })
  },
)

test('a provider that is not there has made no picture', async () => {
  const lonely = await startGateway({ env: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }, configuration: CONFIGURATION })
  const { body } = await lonely.api('POST', '/api/generate-image', { prompt: 'a tram', modelId: IMAGE })
  expect(body.error.code).toBe('connection')
  const { data } = (await lonely.api('GET', '/api/usage')).body
  expect((data as { cost: string }[]).map(({ cost }) => cost)).toEqual(['0', '0', '0'])
  await lonely.close()
})

test('a redirect is told and neither followed nor tried again', async () => {
  scripted({ status: 302, headers: { location: 'https://elsewhere.example/v1?secret=1' }, body: '' })
  const { body } = await picture()
  expect(body.error.message).toContain('redirect to elsewhere.example')
  expect(body.error.message).not.toContain('secret')
  expect(calls).toBe(1)
})

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

async function streamed(): Promise<{ status: number; text: string }> {
  const response = await fetch(`${gateway.url}/api/generate-text`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-admin-key-of-enough-length', 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'x', modelId: CHAT, stream: true }),
  })
  return { status: response.status, text: await response.text() }
}

test('a stream without an answer is tried again, and told as what it is', async () => {
  scripted({ headers: EVENTS, body: '' })
  const { status, text } = await streamed()
  expect({ status, calls }).toEqual({ status: 502, calls: 3 })
  expect(text).toContain('invalid_output')
})

test('an error in place of a stream keeps its cause', async () => {
  scripted({ body: '{"error":{"message":"no credit","code":"insufficient_quota"}}' })
  const { status, text } = await streamed()
  expect({ status, calls }).toEqual({ status: 402, calls: 1 })
  expect(text).toContain('billing')
})

test('a whole completion in place of a stream is used, not paid for again', async () => {
  scripted({
    body: '{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
  })
  const { text } = await streamed()
  expect(text).toContain('"content":"whole"')
  expect(text).toContain('[DONE]')
  expect(calls).toBe(1)
})

test('a complete answer whose connection then dies is complete, on both planes', async () => {
  scripted({ headers: EVENTS, body: chunk({ content: 'all of it' }) + chunk({}, 'stop'), reset: true })
  const { text } = await streamed()
  expect(text).toContain('"finishReason":"stop"')
  expect(text).toContain('[DONE]')
  const stream = await gateway.client.chat.completions.create({
    model: CHAT,
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  })
  const pieces = await Array.fromAsync(stream)
  expect(pieces.at(-1)!.choices[0]!.finish_reason).toBe('stop')
})

test('one of two choices that is cut is a cut answer', async () => {
  const two = (index: number, finish: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index, delta: { content: 'x' }, finish_reason: finish }] })}\n\n`
  scripted({ headers: EVENTS, body: `${two(0, 'stop')}${two(1, null)}${two(0, 'stop')}data: [DONE]\n\n` })
  const stream = await gateway.client.chat.completions.create({
    model: CHAT,
    n: 2,
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  })
  await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: 'stream_interrupted' })
})

test('an answer that is cut before any of it was shown is tried again', async () => {
  scripted({ headers: EVENTS, body: chunk({ role: 'assistant' }) + chunk({ reasoning_content: 'Hm.' }) })
  const { status, text } = await streamed()
  expect({ status, calls }).toEqual({ status: 502, calls: 3 })
  expect(text).toContain('invalid_output')
})

test('usage after a complete answer is the last that is waited for', async () => {
  const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })}\n\n`
  scripted({ headers: EVENTS, body: chunk({ content: 'all of it' }, 'stop') + usage, open: true })
  const { text } = await streamed()
  expect(text).toContain('"finishReason":"stop"')
  expect(text).toContain('[DONE]')
  expect(await lastAttempt()).toMatchObject({ outcome: 'succeeded', usage: { inputTokens: 3, outputTokens: 2 } })
})

describe('an answer that is packed', () => {
  const packed = { ...JSON_TYPE, 'content-encoding': 'gzip' }

  test.each<[string, () => Promise<unknown>]>([
    ['a picture', picture],
    ['text', text],
    ['streamed text', streamed],
  ])('in place of %s is refused by name, once, although it was not asked for', async (_, ask) => {
    scripted({ headers: packed, body: gzipSync('{}'), open: true })
    const told = JSON.stringify(await ask())
    expect(told).toContain('invalid_output')
    expect(told).toContain('encoded its answer as gzip')
    expect(calls).toBe(1)
    expect(last.headers['accept-encoding']).toBe('identity')
    expect(await lastAttempt()).toMatchObject({ outcome: 'failed', cost: null })
    // Nobody reads it, so it must not hold its connection.
    await vi.waitFor(() => expect(last.open).toBe(false))
  })

  test('and failed is told by its status', async () => {
    scripted({ status: 429, headers: packed, body: gzipSync('{}') })
    const { status, body } = await text()
    expect({ status, code: body.error.code, calls }).toEqual({ status: 429, code: 'rate_limit', calls: 3 })
    expect(body.error.message).toContain('encoded as gzip')
  })
})

describe('defaults of a model for pictures', () => {
  test.each<[asked: object, sent: object, cost: string]>([
    [{}, { n: 1, size: '1024x1024' }, '2'],
    [{ count: 2 }, { n: 2, size: '1024x1024' }, '2'],
    [{ width: 1536, height: 1024 }, { n: 1, size: '1536x1024' }, '4'],
  ])('%j: what is sent is what is priced, and two pictures that come are two', async (asked, sent, cost) => {
    const body = JSON.stringify({ data: [{ b64_json: 'iVBORw0KGgo=' }, { b64_json: 'iVBORw0KGgo=' }] })
    scripted({ body })
    const answer = await gateway.api('POST', '/api/generate-image', { prompt: 'x', modelId: 'painter', ...asked })
    expect(last.body).toEqual({ model: 'painter', prompt: 'x', quality: 'high', ...sent })
    expect(answer.body.data).toMatchObject({ cost, usage: { images: 2 } })
  })
})

describe('secrets are not told', () => {
  test.each([
    ['the value of a configured header', HEADER_SECRET],
    ['the credential', 'sk-upstream-credential'],
  ])('%s', async (_, secret) => {
    scripted({ status: 400, body: JSON.stringify({ error: { message: `what is ${secret}?` } }) })
    const { body } = await text()
    expect(body.error.message).toBe('openai: what is [redacted]?')
  })

  test('nor a part of one at the place where a long message is cut', async () => {
    const message = `${'x '.repeat(493)}${HEADER_SECRET} ${'y '.repeat(2_000)}`
    scripted({ status: 400, body: JSON.stringify({ error: { message } }) })
    const { body } = await text()
    expect(body.error.message).toMatch(/x \[redac…$/)
  })
})
