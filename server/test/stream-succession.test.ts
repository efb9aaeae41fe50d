import type { Fault } from '@turnout/emulator'
import type OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import type { Stream } from 'openai/streaming'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PROMPT, Streams } from './stream-world.ts'

let world: Streams
beforeAll(async () => {
  world = await Streams.start()
})
afterAll(() => world.close())
beforeEach(() => world.reset())

/** How an answer breaks off after its beginning has been shown. */
const FAULTS: [string, Fault, string][] = [
  ['a cut', { kind: 'cut', afterChunks: 8 }, 'connection'],
  ['a stall', { kind: 'stall', afterChunks: 8 }, 'timeout'],
  ['an error event', { kind: 'error-event', afterChunks: 8 }, 'upstream_error'],
  ['a damaged chunk', { kind: 'malformed', atChunk: 8 }, 'invalid_output'],
]

/** Pools whose second member writes the same as the first one, with the models of both. */
const TWINS: [string, string, string][] = [
  ['twins', 'first', 'twin'],
  ['claude-twins', 'claude', 'claude-twin'],
  ['gemini-twins', 'gemini', 'gemini-twin'],
]

describe.each(TWINS)('%s', (pool, from, to) => {
  test.each(FAULTS)('%s is gone on with by another one, and nothing is seen of it but a note', async (_, fault) => {
    const expected = await world.textOf(from)
    world.fail('north', fault)
    const had = await world.chat(`pool:${pool}`)
    expect(had).toMatchObject({ status: 200, text: expected, finish: 'stop', error: undefined })
    expect(had.raw.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(had.headers.get('x-turnout-model')).toBe(from)
    expect(had.headers.get('x-turnout-attempts')).toBe('1')
    expect(had.switched).toEqual([{ from, to, reason: expect.any(String) }])
    expect(world.asked()).toEqual({ north: 1, south: 1 })
    expect(new Set(had.chunks.map(({ id }) => id)).size).toBe(1)
    expect(await world.recorded(had)).toMatchObject([
      { attempt: 1, model: from, outcome: 'failed', errorCode: 'stream_interrupted' },
      { attempt: 2, model: to, outcome: 'succeeded' },
    ])
  })

  test.each(FAULTS)('%s, by the native API', async (_, fault) => {
    const expected = await world.textOf(from)
    world.fail('north', fault)
    const had = await world.native(`pool:${pool}`)
    expect(had).toMatchObject({ status: 200, text: expected, finish: 'stop', error: undefined })
    expect(had.switched).toEqual([{ from, to, reason: expect.any(String) }])
    expect(had.chunks.at(-1)).toMatchObject({ model: to, attempts: 2, fallbacks: 1 })
  })
})

describe('what is told of a switch', () => {
  test.each(FAULTS)('%s by its reason, once, with the first chunk of the other one', async (_, fault, reason) => {
    world.fail('north', fault)
    const { chunks, switched } = await world.chat('pool:twins')
    expect(switched).toEqual([{ from: 'first', to: 'twin', reason }])
    const at = chunks.findIndex(({ turnout }) => turnout)
    expect(chunks[at].choices[0].delta.content).not.toBe('')
    expect(chunks.slice(at).every(({ model }) => model === 'twin')).toBe(true)
    expect(chunks.slice(0, at).every(({ model }) => model.startsWith('gpt-5.4-mini'))).toBe(true)
  })

  test('usage is that of the answer which was had, and the cost is not told where a part of it is not known', async () => {
    const usage = { stream_options: { include_usage: true } }
    const plain = await world.chat('twin', usage)
    await world.reset()
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    const had = await world.chat('pool:twins', usage)
    const { prompt_tokens, completion_tokens } = plain.chunks.at(-1).usage
    expect(had.chunks.at(-1).usage).toMatchObject({ prompt_tokens, completion_tokens })
    const [cut, whole] = await world.recorded(had)
    expect(cut!.cost).toBeNull()
    expect(Number(whole!.cost)).toBeGreaterThan(0)
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    expect((await world.native('pool:twins')).chunks.at(-1).cost).toBeNull()
  })

  test('no usage is sent to whoever has not asked for it', async () => {
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    expect((await world.chat('pool:twins')).raw).not.toContain('"usage":{')
  })
})

describe('where nobody else could', () => {
  test.each(FAULTS)('%s, the same one begins anew, once', async (_, fault, reason) => {
    const expected = await world.textOf('first')
    world.fail('north', fault)
    const had = await world.chat('first')
    expect(had).toMatchObject({ text: expected, finish: 'stop', error: undefined })
    expect(had.switched).toEqual([{ from: 'first', to: 'first', reason }])
    expect(world.asked()).toEqual({ north: 2, south: 0 })
    await world.reset()
    world.fail('north', fault, 9)
    const again = await world.chat('first')
    expect(again).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(expected.startsWith(again.text)).toBe(true)
    expect(again.error.attempts).toHaveLength(2)
    expect(world.asked()).toEqual({ north: 2, south: 0 })
  })

  test('a policy without retries is kept to', async () => {
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    const had = await world.chat('once')
    expect(had).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(had.error).not.toHaveProperty('attempts')
    expect(world.asked().north).toBe(1)
  })
})

describe('an answer that begins otherwise', () => {
  test('ends in the error, and never mixes two answers', async () => {
    const expected = await world.textOf('first')
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    const had = await world.chat('pool:strangers')
    expect(had).toMatchObject({ status: 200, finish: null, error: { code: 'stream_interrupted', provider: 'north' } })
    expect(had.error.message).toContain('Another answer began otherwise')
    expect(expected.startsWith(had.text)).toBe(true)
    expect(had.raw).not.toContain('[DONE]')
    expect(await world.recorded(had)).toMatchObject([
      { model: 'first', outcome: 'failed' },
      { model: 'other', outcome: 'canceled' },
    ])
  })

  test('is left for a further one that begins in the same way', async () => {
    const expected = await world.textOf('first')
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    const had = await world.chat('pool:three')
    expect(had).toMatchObject({ text: expected, finish: 'stop', error: undefined })
    expect(had.switched).toEqual([{ from: 'first', to: 'twin', reason: 'connection' }])
  })

  test('counts as one of the attempts', async () => {
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    expect(await world.chat('pool:capped')).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(world.asked()).toEqual({ north: 1, south: 1 })
  })
})

describe('whoever goes on', () => {
  test('may break off too, and is gone on with by the next one', async () => {
    const expected = await world.textOf('first')
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    world.fail('south', { kind: 'cut', afterChunks: 20 }, 1)
    // The stranger has its fault, so that the twin is well.
    const had = await world.chat('pool:three')
    expect(had).toMatchObject({ text: expected, finish: 'stop', error: undefined })
  })

  test.each<[string, Fault]>([
    ['a 503', { kind: 'status', status: 503 }],
    ['a reset', { kind: 'reset' }],
    ['a cut where the first one was cut', { kind: 'cut', afterChunks: 4 }],
    ['silence', { kind: 'silence' }],
  ])('and fails by %s leaves the error of the first one', async (_, fault) => {
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    world.fail('south', fault, 9)
    const had = await world.chat('pool:twins')
    expect(had).toMatchObject({ status: 200, finish: null, error: { code: 'stream_interrupted', provider: 'north' } })
    expect(had.error.attempts.length).toBeGreaterThanOrEqual(2)
  })

  test('is not asked where the trigger is off, nor after the deadline', async () => {
    world.fail('north', { kind: 'cut', afterChunks: 8 })
    expect(await world.chat('pool:off')).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(world.asked().south).toBe(0)
    await world.reset()
    world.fail('north', { kind: 'stall', afterChunks: 8 })
    expect(await world.chat('pool:hurried')).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(world.asked().south).toBe(0)
  })
})

describe('a model that continues what it is given', () => {
  const lastMessage = () => {
    const { messages } = world.sites.south.requests().findLast(({ method }) => method === 'POST')!.body as {
      messages: { role: string; content: unknown }[]
    }
    return messages.at(-1)
  }

  test('gets the beginning as its own', async () => {
    const expected = await world.textOf('claude')
    world.fail('north', { kind: 'cut', afterChunks: 12 })
    const had = await world.chat('pool:prefill')
    expect(had).toMatchObject({ text: expected, finish: 'stop', error: undefined })
    expect(lastMessage()?.role).toBe('assistant')
    expect(had.switched).toMatchObject([{ from: 'claude', to: 'claude-on' }])
  })

  test('goes on with the words of another one, from the relay too', async () => {
    const expected = await world.textOf('first')
    world.fail('north', { kind: 'cut', afterChunks: 12 })
    const had = await world.chat('pool:prefill-other', { max_completion_tokens: 500 })
    expect(had).toMatchObject({ finish: 'stop', error: undefined })
    expect(lastMessage()?.role).toBe('assistant')
    const begun = JSON.stringify(lastMessage()?.content)
    expect(begun.length).toBeGreaterThan(10)
    expect(had.text.length).toBeGreaterThan(expected.length / 4)
    expect(had.text.startsWith(expected.slice(0, 10))).toBe(true)
  })

  test('and refuses it after all is asked to begin anew, which nobody sees', async () => {
    const expected = await world.textOf('sonnet')
    world.fail('north', { kind: 'cut', afterChunks: 12 })
    const had = await world.chat('pool:refused')
    expect(had).toMatchObject({ text: expected, finish: 'stop', error: undefined })
    expect(world.asked()).toEqual({ north: 1, south: 2 })
    expect(await world.recorded(had)).toMatchObject([
      { model: 'sonnet', outcome: 'failed' },
      { model: 'claude-refuses', outcome: 'failed', errorCode: 'invalid_input', cost: '0' },
      { model: 'claude-refuses', outcome: 'succeeded' },
    ])
  })
})

describe('a stream that is held until it is whole', () => {
  const validate = { minLength: 1, when: 'before' }
  const ASKED: [string, () => ReturnType<Streams['chat']>][] = [
    ['by the request', () => world.chat('pool:twins', { turnout: { stream: { commit: 'complete' } } })],
    ['by its pool', () => world.chat('pool:whole')],
    ['of another dialect', () => world.chat('pool:claude-twins', { turnout: { stream: { commit: 'complete' } } })],
    ['by the native API', () => world.native('pool:twins', { stream: { commit: 'complete' } })],
    ['to be judged', () => world.chat('pool:twins', { turnout: { validate } })],
    ['to be judged, of another dialect', () => world.chat('pool:claude-twins', { turnout: { validate } })],
    ['to be judged, by the native API', () => world.native('pool:twins', { validate })],
  ]
  const UNSEEN: typeof FAULTS = [...FAULTS, ['silence', { kind: 'silence' }, 'timeout']]

  test.each(ASKED)('%s falls back unseen, whenever it fails', async (_, ask) => {
    const expected = await ask()
    await world.reset()
    for (const [, fault] of UNSEEN) {
      world.fail('north', fault, 9)
      const had = await ask()
      expect(had).toMatchObject({ status: 200, text: expected.text, finish: 'stop', error: undefined, switched: [] })
      // A limit that has passed is not waited for again.
      if (fault.kind === 'silence' || fault.kind === 'stall') expect(world.asked()).toEqual({ north: 1, south: 1 })
      await world.reset()
    }
  })

  test.each(ASKED)('%s and fails for good is an error like any other', async (_, ask) => {
    world.fail('north', { kind: 'cut', afterChunks: 8 }, 9)
    world.fail('south', { kind: 'cut', afterChunks: 8 }, 9)
    const { status, error, text } = await ask()
    expect({ status, text }).toEqual({ status: 502, text: '' })
    expect(['connection', 'invalid_output']).toContain(error.code)
  })

  test('is whole at once, with usage and end', async () => {
    const usage = { stream_options: { include_usage: true } }
    const plain = await world.chat('first', usage)
    const had = await world.chat('first', { ...usage, turnout: { stream: { commit: 'complete' } } })
    expect(had.text).toBe(plain.text)
    expect(had.chunks.at(-1).usage).toEqual(plain.chunks.at(-1).usage)
    expect(had.raw.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(world.sites.north.requests().at(-1)!.body).not.toHaveProperty('turnout')
  })
})

describe('what the SDK takes for finished', () => {
  const messages = [{ role: 'user' as const, content: PROMPT }]
  const PARAMETERS = {
    type: 'object',
    properties: { town: { type: 'string' }, why: { type: 'string' }, days: { type: 'integer' } },
    required: ['town', 'why', 'days'],
  }
  const tools = [{ type: 'function' as const, function: { name: 'timetable', parameters: PARAMETERS } }]
  const Page = z.object({ title: z.string(), sections: z.array(z.string()).min(3), priority: z.number() })
  const response_format = zodResponseFormat(Page, 'page')

  const calling = { tools, tool_choice: 'required' as const }
  const callsOf = (model: string) => world.gateway.client.chat.completions.stream({ model, messages, ...calling })
  const callOf = async (stream: ReturnType<typeof callsOf>) => {
    const [call] = (await stream.finalChatCompletion()).choices[0]!.message.tool_calls!
    return (call as OpenAI.ChatCompletionMessageFunctionToolCall).function
  }
  const pageOf = (model: string) => world.gateway.client.chat.completions.stream({ model, messages, response_format })

  const ASKS = { 'a call': callsOf, 'structured output': pageOf }
  /** Gemini gives its calls in one piece, within which nothing breaks off. */
  const IN_PIECES = TWINS.slice(0, 2)

  /** Reads to the end, as somebody who trusts the finish reason. */
  async function read(stream: Stream<OpenAI.ChatCompletionChunk>) {
    const seen = { written: '', finish: null as string | null }
    const done = (async () => {
      for await (const { choices } of stream) {
        const { content, tool_calls } = choices[0]?.delta ?? {}
        seen.written += tool_calls?.[0]?.function?.arguments ?? content ?? ''
        seen.finish = choices[0]?.finish_reason ?? seen.finish
      }
    })()
    const code = await done.then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
    return { ...seen, code }
  }

  const create = (model: string, more: object) =>
    world.gateway.client.chat.completions.create({ model, messages, stream: true, ...more })

  test.each(IN_PIECES)('%s: a call that broke off is gone on with, and is one call', async (pool, from) => {
    const expected = await callOf(callsOf(from))
    for (const afterChunks of [5, 7, 9]) {
      await world.reset()
      world.fail('north', { kind: 'cut', afterChunks })
      const { choices } = await callsOf(`pool:${pool}`).finalChatCompletion()
      expect(choices[0]!.finish_reason).toBe('tool_calls')
      expect(choices[0]!.message.tool_calls).toMatchObject([{ type: 'function', function: expected }])
      expect(JSON.parse(expected.arguments)).toMatchObject({ town: expect.any(String), days: expect.any(Number) })
      expect(world.asked()).toEqual({ north: 1, south: 1 })
    }
  })

  test.each(TWINS)('%s: structured output that broke off is gone on with, and fits', async (pool, from) => {
    const expected = (await pageOf(from).finalChatCompletion()).choices[0]!.message.content!
    for (const afterChunks of [4, 6, 9]) {
      await world.reset()
      world.fail('north', { kind: 'cut', afterChunks })
      const { choices } = await pageOf(`pool:${pool}`).finalChatCompletion()
      expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expected } })
      expect(choices[0]!.message.parsed).toEqual(Page.parse(JSON.parse(expected)))
      expect(world.asked()).toEqual({ north: 1, south: 1 })
    }
  })

  test.each(IN_PIECES)('%s: what nobody ends has no end', async (pool) => {
    for (const [what, ask] of Object.entries(ASKS)) {
      await world.reset()
      world.fail('north', { kind: 'cut', afterChunks: 6 }, 9)
      world.fail('south', { kind: 'cut', afterChunks: 6 }, 9)
      await expect(ask(`pool:${pool}`).finalChatCompletion(), what).rejects.toMatchObject({
        code: 'stream_interrupted',
      })
      await world.reset()
      world.fail('north', { kind: 'stall', afterChunks: 6 }, 9)
      world.fail('south', { kind: 'stall', afterChunks: 6 }, 9)
      const seen = await read(await create(`pool:${pool}`, what === 'a call' ? calling : { response_format }))
      expect(seen, what).toMatchObject({ finish: null, code: 'stream_interrupted' })
      expect(() => JSON.parse(seen.written)).toThrow()
    }
  })

  test('other calls and other objects than those that were begun are never mixed with them', async () => {
    const page = (await pageOf('first').finalChatCompletion()).choices[0]!.message.content!
    const call = (await callOf(callsOf('first'))).arguments
    for (const [expected, more] of [
      [call, calling],
      [page, { response_format }],
    ] as const) {
      await world.reset()
      world.fail('north', { kind: 'cut', afterChunks: 14 })
      const seen = await read(await create('pool:strangers', more))
      expect(seen).toMatchObject({ finish: null, code: 'stream_interrupted' })
      expect(expected.startsWith(seen.written)).toBe(true)
      expect(world.asked()).toEqual({ north: 1, south: 1 })
    }
  })
})
