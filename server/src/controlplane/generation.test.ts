import { GeneratedImage, GeneratedText, type GenerateText, success, type TextEvent } from '@turnout/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { TurnoutError } from '../core/error.ts'
import type { Caller } from '../gateway/types.ts'
import { fakeServices, IMAGE, SERVED, secretOf, TEXT } from './fakes.ts'
import { startControlPlane, type TestServer } from './testing.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

type TextEvents = (input: GenerateText, caller: Caller) => AsyncIterable<TextEvent>

async function serve(textEvents: TextEvents): Promise<TestServer> {
  server = await startControlPlane({ generation: { ...fakeServices().generation, textEvents } })
  return server
}

const STREAM = { prompt: 'p', modelId: 'writer', stream: true }
const stream = ({ url }: TestServer, signal?: AbortSignal) =>
  fetch(`${url}/api/generate-text`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secretOf('user')}` },
    body: JSON.stringify(STREAM),
    ...(signal && { signal }),
  })

describe('generation without a stream', () => {
  it('hands on the input with who asks, and answers in the envelope', async () => {
    const text = vi.fn(async (_input: GenerateText, _caller: Caller) => TEXT)
    server = await startControlPlane({ generation: { ...fakeServices().generation, text } })
    const json = { prompt: 'p', modelId: 'writer' }
    const { status, body } = await server.call('POST', '/api/generate-text', { role: 'user', json })
    expect(status).toBe(200)
    expect(success(GeneratedText).parse(body).data).toEqual(TEXT)
    const [input, caller] = text.mock.calls[0]!
    expect(input).toEqual({ ...json, stream: false })
    expect(caller).toMatchObject({ requestId: 'req_1', principal: { keyId: 'key_user' } })
    expect(caller.signal.aborted).toBe(false)
  })

  it('makes images', async () => {
    server = await startControlPlane()
    const json = { prompt: 'p', modelId: 'fal-ai/flux/dev', width: 1000, height: 1000 }
    const { status, body } = await server.call('POST', '/api/generate-image', { role: 'user', json })
    expect(status).toBe(200)
    expect(success(GeneratedImage).parse(body).data).toEqual(IMAGE)
    const tooMany = await server.call('POST', '/api/generate-image', { role: 'user', json: { ...json, count: 11 } })
    expect(tooMany.body.error.message).toBe('count must be at most 10.')
  })

  it('aborts when the client goes away', async () => {
    let caller: Caller | undefined
    const image = (_input: unknown, one: Caller) => {
      caller = one
      return new Promise<never>((_resolve, reject) =>
        one.signal.addEventListener('abort', () => reject(one.signal.reason)),
      )
    }
    server = await startControlPlane({ generation: { ...fakeServices().generation, image } })
    const client = new AbortController()
    const answer = fetch(`${server.url}/api/generate-image`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': secretOf('user') },
      body: JSON.stringify({ prompt: 'p', modelId: 'writer' }),
      signal: client.signal,
    })
    await vi.waitUntil(() => caller)
    client.abort()
    await expect(answer).rejects.toThrow()
    await vi.waitUntil(() => caller?.signal.aborted)
  })

  it('counts against the limit of the key', async () => {
    const take = vi.fn(() => ({ allowed: false, limit: 5, remaining: 0, resetMs: 12_300 }))
    server = await startControlPlane({ limiter: { take } })
    for (const path of ['/api/generate-text', '/api/generate-image']) {
      const { status, headers, body } = await server.call('POST', path, { role: 'user', json: {} })
      expect([status, body.error.code, headers.get('retry-after')]).toEqual([429, 'rate_limit', '13'])
      const told = ['limit', 'remaining', 'reset'].map((what) => headers.get(`x-ratelimit-${what}-requests`))
      expect(told).toEqual(['5', '0', '13s'])
    }
    expect((await server.call('GET', '/api/models', { role: 'user' })).status).toBe(200)
    expect(take).toHaveBeenCalledTimes(2)
  })

  it.each(['text', 'image'])('explains how to generate: %s', async (what) => {
    server = await startControlPlane()
    const { status, body } = await server.call('GET', `/api/generate-${what}`)
    expect(status).toBe(200)
    expect(body.data.fields).toContainEqual({
      name: 'prompt',
      required: true,
      schema: { type: 'string', minLength: 1 },
    })
    expect(body.data.fields).toContainEqual(expect.objectContaining({ name: 'modelId', required: false }))
    for (const { body: json } of body.data.examples) {
      const answer = await server.call('POST', `/api/generate-${what}`, { role: 'user', json })
      expect(answer.status).toBe(200)
    }
  })
})

describe('a streamed text', () => {
  it('is Server-Sent Events that end in [DONE]', async () => {
    const summary: TextEvent = { ...SERVED, content: '', finishReason: 'stop', rawFinishReason: null }
    const response = await stream(
      await serve(async function* () {
        yield { content: 'Two\nlines "ü"' }
        yield summary
      }),
    )
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-turnout-request-id')).toBe('req_1')
    expect(await response.text()).toBe(
      `data: {"content":"Two\\nlines \\"ü\\""}\n\ndata: ${JSON.stringify(summary)}\n\ndata: [DONE]\n\n`,
    )
  })

  it('sends each event when it is there', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const response = await stream(
      await serve(async function* () {
        yield { content: 'first' }
        await gate
        yield { content: 'second' }
      }),
    )
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('data: {"content":"first"}\n\n')
    release()
    let rest = ''
    for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value
    expect(rest).toBe('data: {"content":"second"}\n\ndata: [DONE]\n\n')
  })

  it.each([
    ['a failure before the first event', () => new TurnoutError('overloaded', 'Busy.'), 503, 'overloaded'],
    ['no event at all', () => undefined, 502, 'invalid_output'],
  ])('answers %s as an ordinary error', async (_title, failure, status, code) => {
    const { call } = await serve(async function* () {
      const error = failure()
      if (error) throw error
      yield* []
    })
    const answer = await call('POST', '/api/generate-text', { role: 'user', json: STREAM })
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
  })

  const cut = { error: { code: 'stream_interrupted' as const, message: 'Cut.', requestId: 'req_1' } }
  it.each<[string, TextEvents]>([
    [
      'an error event',
      async function* () {
        yield { content: 'a' }
        yield cut
      },
    ],
    [
      'a throw',
      async function* () {
        yield { content: 'a' }
        throw new TurnoutError('stream_interrupted', 'Cut.')
      },
    ],
  ])('ends after %s without [DONE]', async (_title, events) => {
    const response = await stream(await serve(events))
    expect(await response.text()).toBe(`data: {"content":"a"}\n\ndata: ${JSON.stringify(cut)}\n\n`)
  })

  it('aborts and ends the events when the client goes away', async () => {
    let signal: AbortSignal | undefined
    let ended = false
    const running = await serve(async function* (_input, caller) {
      signal = caller.signal
      try {
        yield { content: 'first' }
        await new Promise((_resolve, reject) =>
          caller.signal.addEventListener('abort', () => reject(caller.signal.reason)),
        )
      } finally {
        ended = true
      }
    })
    const client = new AbortController()
    const response = await stream(running, client.signal)
    await response.body!.getReader().read()
    expect(signal?.aborted).toBe(false)
    client.abort()
    await vi.waitUntil(() => signal?.aborted && ended)
    expect((await running.call('GET', '/livez')).status).toBe(200)
  })

  it('takes no more events than a slow client reads', async () => {
    let taken = 0
    const total = 2000
    const running = await serve(async function* () {
      for (; taken < total; taken++) yield { content: 'x'.repeat(32_768) }
    })
    const response = await stream(running)
    const reader = response.body!.getReader()
    await reader.read()
    let before = -1
    await vi.waitUntil(
      () => {
        const still = taken === before
        before = taken
        return still
      },
      { interval: 200, timeout: 10_000 },
    )
    expect(taken).toBeLessThan(total)
    let last = ''
    for (let read = await reader.read(); !read.done; read = await reader.read())
      last = Buffer.from(read.value).toString()
    expect(taken).toBe(total)
    expect(last.endsWith('data: [DONE]\n\n')).toBe(true)
  })
})
