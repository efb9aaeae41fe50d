import { once } from 'node:events'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TextPart } from '../src/core/text.ts'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'
import { END, type House, line, says, startHouse, writes } from './house.ts'

vi.mock('../src/providers/index.ts', async (original) => {
  const { ADAPTERS } = await original<typeof import('../src/providers/index.ts')>()
  const { house } = await import('./house.ts')
  return { ADAPTERS: new Map([...ADAPTERS, [house.id, house]]) }
})

const rates = [
  { unit: 'inputToken', usd: '1', per: 1000 },
  { unit: 'outputToken', usd: '2', per: 1000 },
]
const configuration = (baseUrl: string) =>
  JSON.stringify({
    providers: { house: { adapter: 'house', baseUrl }, relayed: { baseUrl } },
    models: [
      {
        id: 'writer',
        provider: 'house',
        upstreamId: 'w-1',
        output: ['text'],
        prices: { rates, source: 'made up', asOf: '2026-11-01' },
        defaults: { house_style: 'plain' },
      },
      {
        id: 'plain-writer',
        provider: 'house',
        output: ['text'],
        capabilities: { temperature: false, structuredOutput: false, jsonMode: false },
        limits: { outputTokens: 50 },
      },
      {
        id: 'relayed-writer',
        provider: 'relayed',
        output: ['text'],
        capabilities: { temperature: false },
        limits: { outputTokens: 50 },
      },
      { id: 'newer-writer', provider: 'relayed', output: ['text'], flags: { api: 'responses' } },
      { id: 'counter', provider: 'house', output: ['embedding'] },
    ],
    discovery: false,
    retry: { maxRetries: 2, backoffBase: 0.01, backoffFactor: 1 },
    timeouts: { firstPartMs: 500, stallMs: 500 },
  })

let house: House
let gateway: TestGateway
beforeAll(async () => {
  house = await startHouse()
  gateway = await startGateway({ configuration: configuration(house.url) })
})
afterAll(async () => {
  await gateway.close()
  await house.close()
})
beforeEach(() => house.answer(writes('Hel', 'lo.')))

const asked = (more: object = {}) => ({
  model: 'writer',
  messages: [{ role: 'user' as const, content: 'Greet.' }],
  ...more,
})
const whole = (more?: object) => gateway.client.chat.completions.create(asked(more)).withResponse()
const chunks = async (more?: object) =>
  Array.fromAsync(await gateway.client.chat.completions.create({ ...asked(more), stream: true }))
const raw = (more?: object, signal?: AbortSignal) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked(more), stream: true }),
    signal,
  })
const lastAttempt = async () => (await gateway.api('GET', '/api/usage?limit=1')).body.data[0]
const textOf = (all: OpenAI.ChatCompletionChunk[]) => all.map(({ choices }) => choices[0]?.delta.content ?? '').join('')

describe('a chat with a provider of another dialect', () => {
  test('whole: answer, usage, cost and headers, and the call as it arrived', async () => {
    const { data, response } = await whole({ max_tokens: 9, messages: [{ role: 'developer', content: 'Be brief.' }] })
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'writer',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 2 } },
    })
    expect(data).not.toHaveProperty('turnout')
    const headers = Object.fromEntries(response.headers)
    expect(headers).toMatchObject({
      'x-turnout-model': 'writer',
      'x-turnout-provider': 'house',
      'x-turnout-attempts': '1',
      'x-turnout-cost': '0.013',
    })
    expect(headers).not.toHaveProperty('x-turnout-warnings')
    expect(house.calls).toEqual([
      {
        model: 'w-1',
        messages: [{ role: 'system', text: 'Be brief.' }],
        maxTokens: 9,
        defaults: { house_style: 'plain' },
      },
    ])
    expect(await lastAttempt()).toMatchObject({ operation: 'chat', cost: '0.013', upstreamRequestId: 'house-1' })
  })

  test('streamed: the same text, end and cost; usage only where it is asked for', async () => {
    const plain = await chunks()
    expect(plain[0]!.choices[0]!.delta).toMatchObject({ role: 'assistant' })
    expect(textOf(plain)).toBe('Hello.')
    expect(plain.at(-1)!.choices[0]!.finish_reason).toBe('stop')
    expect(JSON.stringify(plain)).not.toContain('usage')
    expect(await lastAttempt()).toMatchObject({ streamed: true, cost: '0.013', firstPartMs: expect.any(Number) })
    const counted = await chunks({ stream_options: { include_usage: true } })
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })
    expect(await (await raw()).text()).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('thoughts and calls of tools, by the official SDK’s own helper', async () => {
    const parts: TextPart[] = [
      { type: 'reasoning-delta', text: 'Hm.' },
      { type: 'tool-call-delta', index: 0, id: 'c1', name: 'clock', opaque: { seal: 'abc' } },
      { type: 'tool-call-delta', index: 0, arguments: '{"zone":' },
      { type: 'tool-call-delta', index: 0, arguments: '"CET"}' },
      { ...END, reason: 'tool-calls', opaque: { thoughts: ['sealed'] } } as TextPart,
    ]
    house.answer(says(...parts), says(...parts), writes('Noon.'))
    const tools = [{ type: 'function' as const, function: { name: 'clock', parameters: {} } }]
    const request = asked({ tools })
    const streamed = await gateway.client.chat.completions.stream(request).finalMessage()
    const { data } = await whole({ tools })
    const { message } = data.choices[0]!
    expect(message).toMatchObject({
      content: null,
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock', arguments: '{"zone":"CET"}' } }],
    })
    expect(streamed.tool_calls).toMatchObject(message.tool_calls!)
    const result = { role: 'tool' as const, tool_call_id: 'c1', content: '12:00' }
    await whole({ tools, messages: [...request.messages, streamed, result] })
    expect(house.calls.at(-1)!.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        text: '',
        toolCalls: [{ id: 'c1', name: 'clock', arguments: '{"zone":"CET"}', opaque: { seal: 'abc' } }],
        opaque: { thoughts: ['sealed'] },
      },
      { role: 'tool', callId: 'c1', content: [{ type: 'text', text: '12:00' }] },
    ])
  })

  test('what is left out or changed is told in the answer and in its header', async () => {
    house.answer(says({ ...END, warnings: ['The house has no “seed”.'] } as TextPart))
    const more = { model: 'plain-writer', temperature: 0.5, max_tokens: 99, store: true }
    const told = [/temperature/, /at most 50/, /store/].map((word) => expect.stringMatching(word))
    const { data, response } = await whole(more)
    expect(house.calls[0]).toMatchObject({ maxTokens: 50 })
    expect(house.calls[0]).not.toHaveProperty('temperature')
    expect(data).toMatchObject({ turnout: { warnings: [...told, 'The house has no “seed”.'] } })
    const header = response.headers.get('x-turnout-warnings')!
    expect(JSON.parse(header)).toEqual([...told, 'The house has no “seed”.'])
    const streamed = await raw(more)
    expect(JSON.parse(streamed.headers.get('x-turnout-warnings')!)).toEqual(told)
    expect(await streamed.text()).toContain('The house has no “seed”.')
  })

  test('the same is changed, and told, where the provider speaks OpenAI’s dialect', async () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }]
    house.answer((response) => response.end(JSON.stringify({ choices })))
    const { data, response } = await whole({
      model: 'relayed-writer',
      temperature: 0.5,
      max_tokens: 99,
      n: 1,
      store: true,
    })
    expect(data.choices).toEqual(choices)
    expect(house.calls).toEqual([{ ...asked(), model: 'relayed-writer', max_tokens: 50, n: 1, store: true }])
    const told = [/temperature/, /at most 50/].map((word) => expect.stringMatching(word))
    expect(JSON.parse(response.headers.get('x-turnout-warnings')!)).toEqual(told)
    const plain = await whole({ model: 'relayed-writer', max_tokens: 50 })
    expect(plain.response.headers.has('x-turnout-warnings')).toBe(false)
  })

  test.each([
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
  ])('%j is refused by name, and nobody is asked', async (more, param) => {
    house.answer(writes('x'))
    await expect(whole(more)).rejects.toMatchObject({ status: 400, code: 'capability_missing', param })
    expect(house.calls).toEqual([])
  })
})

describe('trouble', () => {
  const busy = (response: Parameters<Parameters<House['answer']>[0]>[0]) => void response.writeHead(503).end()
  const text = (piece: string): TextPart => ({ type: 'text-delta', text: piece })

  test('before the first content is made good unseen', async () => {
    house.answer(busy, busy, writes('Hello.'))
    const { data, response } = await whole()
    expect(data.choices[0]!.message.content).toBe('Hello.')
    expect(response.headers.get('x-turnout-attempts')).toBe('3')
    house.answer(busy, (response) => response.end('{"type":"text-'), writes('Hello.'))
    expect(textOf(await chunks())).toBe('Hello.')
    expect(house.calls).toHaveLength(3)
  })

  test('for good is told with its attempts', async () => {
    house.answer(busy)
    const failure = await whole().catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 503, code: 'overloaded' })
    expect((failure as { headers: Headers }).headers.get('x-turnout-attempts')).toBe('3')
    await expect(chunks()).rejects.toMatchObject({ status: 503 })
  })

  test.each<[string, Parameters<House['answer']>[0], RegExp]>([
    ['silence', (response) => response.write(line(text('Hel'))), /sent nothing more within 500 ms/],
    ['a lost connection', (response) => response.write(line(text('Hel')), () => response.destroy()), /closed the conn/],
    ['an end without an end', says(text('Hel')), /ended the stream before the answer was complete/],
    ['half a part', (response) => response.end(`${line(text('Hel'))}{"type"`), /stopped in the middle/],
    ['an error as the end', says(text('Hel'), { ...END, reason: 'error', raw: 'BROKEN' } as TextPart), /BROKEN/],
  ])('after the first content ends in an error event: %s', async (_, answer, message) => {
    house.answer(answer)
    const events = await (await raw()).text()
    expect(events).toContain('Hel')
    expect(events).not.toContain('[DONE]')
    expect(events).not.toContain('"finish_reason":"')
    const { error } = JSON.parse(events.split('event: error\ndata: ')[1]!)
    expect(error).toMatchObject({ code: 'stream_interrupted', message: expect.stringMatching(message) })
    expect(await lastAttempt()).toMatchObject({ outcome: 'failed', errorCode: 'stream_interrupted' })
    await vi.waitFor(() => expect(house.open()).toBe(0))
  })

  test('silence from the beginning is a timeout', async () => {
    house.answer(() => {})
    await expect(chunks()).rejects.toMatchObject({ status: 504, code: 'timeout' })
    await vi.waitFor(() => expect(house.open()).toBe(0))
  })

  test.each([
    ['before the answer', () => {}],
    [
      'in the midst of it',
      (response: Parameters<Parameters<House['answer']>[0]>[0]) => response.write(line(text('Hel'))),
    ],
  ])('a client that goes away %s cuts the upstream off at once', async (_, answer) => {
    house.answer(answer)
    const leaving = new AbortController()
    const left = raw({}, leaving.signal).then((response) => response.text())
    left.catch(() => {})
    await vi.waitFor(() => expect(house.open()).toBe(1))
    leaving.abort()
    await expect(left).rejects.toThrow()
    await vi.waitFor(() => expect(house.open()).toBe(0), { interval: 5, timeout: 400 })
    await vi.waitFor(async () => expect(await lastAttempt()).toMatchObject({ outcome: 'canceled', cost: null }))
  })

  test('a client that does not read holds the upstream back', async () => {
    const piece = line(text('x'.repeat(100_000)))
    const count = 600
    let sent = 0
    house.answer(async (response) => {
      for (; sent < count; sent += 1) if (!response.write(piece)) await once(response, 'drain')
      response.end(line(END))
    })
    const response = await raw()
    const reader = response.body!.getReader()
    await reader.read()
    // Time enough to send all of it, were it taken.
    let before = -1
    while (before !== sent) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(sent).toBeLessThan(count)
    let bytes = 0
    for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length
    expect(sent).toBe(count)
    expect(bytes).toBeGreaterThan(count * 90_000)
  })
})

describe('embeddings', () => {
  const vectors = [
    [0.5, -1],
    [2, 0.25],
  ]
  beforeEach(() => {
    house.answer((response) => {
      response.end(JSON.stringify({ vectors, usage: { inputTokens: 4 }, warnings: ['No dimensions here.'] }))
    })
  })
  const embed = (more: object) =>
    gateway.client.embeddings.create({
      model: 'counter',
      input: ['one', 'two'],
      ...more,
    } as OpenAI.EmbeddingCreateParams)

  test.each(['float', 'base64', undefined])('as %s, which the SDK reads as numbers', async (encoding_format) => {
    const { data, usage, model } = await embed({ encoding_format, dimensions: 2 })
    const numbers = data.map(({ embedding }) =>
      typeof embedding === 'string'
        ? [...new Float32Array(new Uint8Array(Buffer.from(embedding, 'base64')).buffer)]
        : embedding,
    )
    expect({ numbers, usage, model }).toEqual({
      numbers: vectors,
      usage: { prompt_tokens: 4, total_tokens: 4 },
      model: 'counter',
    })
    expect(house.calls[0]).toMatchObject({ model: 'counter', texts: ['one', 'two'], dimensions: 2 })
  })

  test('of tokens are refused by name', async () => {
    await expect(embed({ input: [1, 2] })).rejects.toMatchObject({ code: 'capability_missing', param: 'input' })
    expect(house.calls).toEqual([])
  })

  test('that are fewer than the texts are no answer', async () => {
    await expect(embed({ input: ['one', 'two', 'three'] })).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('the native API', () => {
  test('goes the same way and tells the same', async () => {
    const body = { modelId: 'plain-writer', prompt: 'Greet.', systemPrompt: 'Be brief.', temperature: 1, maxTokens: 99 }
    const { data } = (await gateway.api('POST', '/api/generate-text', body)).body
    const warnings = [expect.stringMatching(/temperature/), expect.stringMatching(/at most 50/)]
    expect(data).toMatchObject({ content: 'Hello.', finishReason: 'stop', rawFinishReason: 'done', warnings })
    expect(house.calls[0]).toMatchObject({ maxTokens: 50, messages: [{ role: 'system' }, { role: 'user' }] })
    const response = await fetch(`${gateway.url}/api/generate-text`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, stream: true }),
    })
    const events = (await response.text()).split('\n\n').filter(Boolean)
    expect(events.at(-1)).toBe('data: [DONE]')
    expect(JSON.parse(events.at(-2)!.slice('data: '.length))).toMatchObject({ finishReason: 'stop', warnings })
  })
})

test('a model of OpenAI’s newer API is called by it', async () => {
  const content = [{ type: 'output_text', text: 'Hello.', annotations: [] }]
  const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }]
  const answered = { id: 'resp_1', object: 'response', status: 'completed', output, usage: { input_tokens: 5 } }
  house.answer((response) => response.end(JSON.stringify(answered)))
  const { data } = await whole({ model: 'newer-writer' })
  expect(data.choices[0]).toMatchObject({ message: { content: 'Hello.' }, finish_reason: 'stop' })
  expect(house.calls[0]).toMatchObject({ model: 'newer-writer', input: [{ role: 'user' }] })
})

test('links to pictures that lead into the gateway’s own network are refused, and nobody is asked', async () => {
  const content = [{ type: 'image_url', image_url: { url: `${house.url}/a.png` } }]
  house.answer(writes('x'))
  await expect(whole({ messages: [{ role: 'user', content }] })).rejects.toMatchObject({
    code: 'invalid_input',
    param: 'messages',
  })
  expect(house.calls).toEqual([])
})
