import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
const CONFIGURATION =
  'retry: { maxRetries: 2, backoffBase: 0.01, backoffFactor: 1 }\ntimeouts: { firstPartMs: 1000, stallMs: 1000 }'
const EVENTS = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }

interface Scripted {
  status?: number
  headers?: Record<string, string>
  body: string
  /** The connection is reset after the body. */
  reset?: boolean
}

let upstream: Server
let gateway: TestGateway
let calls = 0
afterEach(async () => {
  await gateway.close()
  upstream.closeAllConnections()
  upstream.close()
})

/** A gateway whose upstream answers every request in the same way. */
async function scripted({ status = 200, headers = JSON_TYPE, body, reset = false }: Scripted): Promise<void> {
  calls = 0
  upstream = createServer((request, response) => {
    request.resume()
    if (request.method !== 'POST') {
      response.end('{"data":[]}')
      return
    }
    calls += 1
    response.writeHead(status, headers)
    if (reset) response.write(body, () => response.destroy())
    else response.end(body)
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  gateway = await startGateway({ env: { OPENAI_BASE_URL: base }, configuration: CONFIGURATION })
}

const picture = () => gateway.api('POST', '/api/generate-image', { prompt: 'a tram', modelId: IMAGE })
const lastAttempt = async () => (await gateway.api('GET', '/api/usage?limit=1')).body.data[0]

test.each([502, 504, 520, 524])(
  'a picture behind a proxy that says %i may have been made: it is not asked for again',
  async (status) => {
    await scripted({ status, body: '{"error":{"message":"bad gateway"}}' })
    const { status: told, body } = await picture()
    expect({ told, code: body.error.code, calls }).toEqual({ told: 502, code: 'unknown_outcome', calls: 1 })
    expect(await lastAttempt()).toMatchObject({ outcome: 'unknown', cost: null })
  },
)

test.each(['null', '{"data":[null]}', '{"data":null}', '{}', 'no JSON'])(
  'a picture that was answered by %s is paid and not asked for again',
  async (body) => {
    await scripted({ body })
    const answer = await picture()
    expect({ code: answer.body.error.code, calls }).toEqual({ code: 'invalid_output', calls: 1 })
    expect(await lastAttempt()).toMatchObject({ outcome: 'failed', cost: null })
  },
)

test('a provider that is not there has made no picture', async () => {
  await scripted({ body: '' })
  const lonely = await startGateway({ env: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }, configuration: CONFIGURATION })
  const { body } = await lonely.api('POST', '/api/generate-image', { prompt: 'a tram', modelId: IMAGE })
  expect(body.error.code).toBe('connection')
  const { data } = (await lonely.api('GET', '/api/usage')).body
  expect((data as { cost: string }[]).map(({ cost }) => cost)).toEqual(['0', '0', '0'])
  await lonely.close()
})

test('a redirect is told and neither followed nor tried again', async () => {
  await scripted({ status: 302, headers: { location: 'https://elsewhere.example/v1?secret=1' }, body: '' })
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
  await scripted({ headers: EVENTS, body: '' })
  const { status, text } = await streamed()
  expect({ status, calls }).toEqual({ status: 502, calls: 3 })
  expect(text).toContain('invalid_output')
})

test('an error in place of a stream keeps its cause', async () => {
  await scripted({ body: '{"error":{"message":"no credit","code":"insufficient_quota"}}' })
  const { status, text } = await streamed()
  expect({ status, calls }).toEqual({ status: 402, calls: 1 })
  expect(text).toContain('billing')
})

test('a whole completion in place of a stream is used, not paid for again', async () => {
  await scripted({
    body: '{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
  })
  const { text } = await streamed()
  expect(text).toContain('"content":"whole"')
  expect(text).toContain('[DONE]')
  expect(calls).toBe(1)
})

test('a complete answer whose connection then dies is complete, on both planes', async () => {
  await scripted({ headers: EVENTS, body: chunk({ content: 'all of it' }) + chunk({}, 'stop'), reset: true })
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
  await scripted({ headers: EVENTS, body: `${two(0, 'stop')}${two(1, null)}${two(0, 'stop')}data: [DONE]\n\n` })
  const stream = await gateway.client.chat.completions.create({
    model: CHAT,
    n: 2,
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  })
  await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: 'stream_interrupted' })
})

test('secrets in configured headers are not told', async () => {
  await scripted({ status: 400, body: '{"error":{"message":"what is my-private-header-secret?"}}' })
  await gateway.close()
  const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  gateway = await startGateway({
    env: { OPENAI_BASE_URL: base },
    configuration: `${CONFIGURATION}\nproviders: { openai: { headers: { x-gateway-auth: my-private-header-secret } } }`,
  })
  const { body } = await gateway.api('POST', '/api/generate-text', { prompt: 'x', modelId: CHAT })
  expect(body.error.message).toContain('[redacted]')
  expect(body.error.message).not.toContain('private')
})
