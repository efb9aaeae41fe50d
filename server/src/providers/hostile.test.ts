import { describe, expect, test, vi } from 'vitest'
import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { TextCall, TextPart } from '../core/text.ts'
import { MOST_PENDING } from '../lib/sse.ts'
import { anthropic } from './anthropic.ts'
import { bedrock } from './bedrock.ts'
import { bfl } from './bfl.ts'
import { dashscope } from './dashscope.ts'
import { google } from './google.ts'
import { openAIResponsesText } from './openai-responses.ts'
import { recraft } from './recraft.ts'
import { sagemaker } from './sagemaker.ts'
import { eventFrame, KEYS } from './shared/aws/testing.ts'
import { openAIText } from './shared/openai-text.ts'
import { stability } from './stability.ts'
import { collect, connectTo, type Scripted } from './testing/connection.ts'

/** Answers that no provider gives on purpose: whatever comes, it must end in an answer or in an error of ours. */

const call: TextCall = {
  model: 'anthropic.model',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}
const aws = { credential: KEYS, region: 'us-east-1' }
const responses: ProviderAdapter = { id: 'openai', text: openAIResponsesText }
const openai: ProviderAdapter = { id: 'openai', text: openAIText }

const open = (answer: Scripted) => connectTo([answer], aws)
const generate = (adapter: ProviderAdapter, answer: Scripted) => adapter.text!.generate(call, open(answer))
const stream = (adapter: ProviderAdapter, body: Scripted['body']) => collect(adapter.text!.stream(call, open({ body })))
const sse = (...events: unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')

const failure = async (work: Promise<unknown>): Promise<TurnoutError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TurnoutError)
  return error as TurnoutError
}

/** What every object has from its prototype, and no table of ours must answer to. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty']

describe.each(INHERITED)('the word %j', (word) => {
  test.each<[string, ProviderAdapter, object]>([
    ['anthropic', anthropic, { content: [{ type: 'text', text: 'x' }], stop_reason: word }],
    ['bedrock', bedrock, { output: { message: { content: [{ text: 'x' }] } }, stopReason: word }],
    ['openai', openai, { choices: [{ message: { content: 'x' }, finish_reason: word }] }],
    ['google', google, { candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: word }] }],
    ['responses', responses, { output: [], status: 'incomplete', incomplete_details: { reason: word } }],
  ])('is no end that %s knows', async (_, adapter, body) => {
    const { reason, raw } = await generate(adapter, { body: JSON.stringify(body) })
    expect({ reason, raw }).toEqual({ reason: 'other', raw: word })
  })

  const error = { type: 'error', error: { type: word, code: word, message: 'm', details: { error_code: word } } }
  test.each<[string, ProviderAdapter, object]>([
    ['anthropic', anthropic, error],
    ['openai', openai, error],
    ['responses', responses, error],
    ['google', google, { error: { status: word, message: 'm' } }],
    ['bedrock', bedrock, { message: 'm', __type: word }],
    ['sagemaker', sagemaker, { message: 'm', __type: word }],
    ['dashscope', dashscope, { code: word, message: 'm' }],
  ])('is no error that %s knows', async (_, adapter, body) => {
    const headers = { 'x-amzn-errortype': word }
    const { code } = await failure(generate(adapter, { status: 429, headers, body: JSON.stringify(body) }))
    expect(code).toBe('rate_limit')
  })
})

describe('counts that cannot be', () => {
  test.each([-1, 1e308, 1e300, '5', null, [], {}])('%j tokens are not told', async (odd) => {
    const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, odd]))
    const answers: [ProviderAdapter, object][] = [
      [
        anthropic,
        {
          content: [],
          stop_reason: 'end_turn',
          usage: named('input_tokens', 'output_tokens', 'cache_read_input_tokens'),
        },
      ],
      [bedrock, { output: { message: { content: [] } }, stopReason: 'end_turn', usage: named('inputTokens') }],
      [
        openai,
        { choices: [{ message: {}, finish_reason: 'stop' }], usage: named('prompt_tokens', 'completion_tokens') },
      ],
      [
        google,
        {
          candidates: [{ content: { parts: [] }, finishReason: 'STOP' }],
          usageMetadata: named('promptTokenCount', 'candidatesTokenCount'),
        },
      ],
      [
        responses,
        {
          output: [],
          status: 'completed',
          usage: { ...named('input_tokens'), input_tokens_details: named('cache_write_tokens') },
        },
      ],
    ]
    for (const [adapter, body] of answers)
      expect((await generate(adapter, { body: JSON.stringify(body) })).usage).toEqual({})
  })

  const picture = { model: 'flux-2-pro', prompt: 'a cat', count: 1, defaults: {} }
  const data = 'data:image/png;base64,AAAA'

  test.each([-1, 1e308])('%j is no price and no area', async (odd) => {
    const task = { id: 't', polling_url: 'https://provider.example/t', cost: odd, input_mp: odd, output_mp: odd }
    const submitted = await bfl.image!.start(picture, connectTo([{ body: task }]))
    expect(submitted).not.toHaveProperty('providerCost')
    expect(submitted).toMatchObject({ operation: { usage: { images: 1 } } })
    expect(submitted).not.toHaveProperty('operation.usage.megapixels')
    const drawn = await recraft.image!.start(
      { ...picture, model: 'recraftv3' },
      connectTo([{ body: { data: [{ url: data }], credits: odd } }]),
    )
    expect(drawn).toMatchObject({ providerCost: undefined })
  })

  test('a part of a picture is none, and a seed without end is no number', async () => {
    const answer = { output: { choices: [{ message: { content: [{ image: data }] } }] }, usage: { image_count: 1e300 } }
    const made = await dashscope.image!.start({ ...picture, model: 'qwen-image-2.0' }, connectTo([{ body: answer }]))
    expect(made).toMatchObject({ usage: { images: 1 } })
    const headers = { 'content-type': 'image/png', seed: '9'.repeat(400) }
    const bytes = await stability.image!.start(
      { ...picture, model: 'stable-image-core' },
      connectTo([{ headers, body: 'x' }]),
    )
    expect(bytes).toMatchObject({ media: [{ seed: undefined }] })
  })
})

describe('pieces that are none', () => {
  const strange = [null, 1, 'x', [], {}]

  test('of a chat completion are passed over', async () => {
    const tool_calls = [...strange, { id: 5, function: { name: 'look', arguments: { a: 1 } } }]
    const { toolCalls } = await generate(openai, {
      body: { choices: [{ message: { content: 'x', tool_calls }, finish_reason: 'tool_calls' }] },
    })
    expect(toolCalls).toEqual([{ id: '', name: 'look', arguments: '{"a":1}' }])
  })

  test('of a streamed chat completion are passed over', async () => {
    const parts = await stream(
      openai,
      sse(
        ...strange.map((choice) => ({ choices: [choice] })),
        { choices: [{ delta: { tool_calls: [null, { index: 'x', id: 5, function: null }] } }] },
        { choices: [{ delta: { content: 'yes' }, finish_reason: 'stop' }] },
      ),
    )
    expect(parts).toContainEqual({ type: 'text-delta', text: 'yes' })
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
    for (const part of parts)
      if (part.type === 'tool-call-delta') expect(part).toMatchObject({ index: 0, id: undefined })
  })

  test.each<[string, ProviderAdapter, object]>([
    ['anthropic', anthropic, { content: [{ type: 'tool_use', id: 'c' }], stop_reason: 'tool_use' }],
    [
      'bedrock',
      bedrock,
      { output: { message: { content: [{ toolUse: { toolUseId: 'c' } }] } }, stopReason: 'tool_use' },
    ],
  ])('a call by %s without a name is not the answer itself', async (_, adapter, body) => {
    const { text, toolCalls } = await generate(adapter, { body: JSON.stringify(body) })
    expect({ text, toolCalls }).toEqual({ text: '', toolCalls: [{ id: 'c', name: '', arguments: '{}' }] })
  })

  test('text after the end of a stream of Bedrock is none of the answer', async () => {
    const delta = (text: string) => eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })
    const stop = (stopReason: string) => eventFrame('messageStop', { stopReason })
    const usage = eventFrame('metadata', { usage: { inputTokens: 1, outputTokens: 1 } })
    const frames = [delta('a'), stop('end_turn'), delta('late'), stop('max_tokens'), usage]
    const parts = await stream(bedrock, Buffer.concat(frames))
    expect(parts.filter(({ type }) => type === 'text-delta')).toEqual([{ type: 'text-delta', text: 'a' }])
    expect(parts.at(-1)).toMatchObject({ reason: 'stop', usage: { inputTokens: 1, outputTokens: 1 } })
  })
})

describe('what has no end', () => {
  const PIECE = Buffer.alloc(1024 * 1024, '<title')

  /** Counts what is taken of it, and fails the test where that is too much. */
  function endless(most: number) {
    let taken = 0
    return (function* () {
      for (;;) {
        taken += PIECE.length
        if (taken > most) throw new Error('too much was read')
        yield PIECE
      }
    })()
  }

  test('a failed answer is read up to a limit', async () => {
    const error = await failure(generate(anthropic, { status: 500, body: endless(2 * PIECE.length) }))
    expect(error).toMatchObject({ code: 'upstream_error', upstreamStatus: 500 })
  })

  test.each<[string, ProviderAdapter]>([
    ['anthropic', anthropic],
    ['google', google],
    ['openai', openai],
    ['responses', responses],
  ])('an event of %s is cut', async (_, adapter) => {
    const error = await failure(stream(adapter, endless(MOST_PENDING + 2 * PIECE.length)))
    expect(error.message).toContain('sent an endless')
  })

  test('a connection that Google leaves open after the answer is cut', async () => {
    vi.useFakeTimers()
    try {
      const text = Buffer.from(sse({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }] }))
      const connection: Connection = {
        ...connectTo([]),
        transport: async (_, { signal }) => ({
          status: 200,
          headers: {},
          body: (async function* () {
            yield text
            await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
          })(),
          text: async () => '',
          json: async () => ({}),
        }),
      }
      const parts: Promise<TextPart[]> = collect(google.text!.stream(call, connection))
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await parts).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
