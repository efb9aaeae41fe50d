import { ChatRequest } from '@turnout/contract'
import fc from 'fast-check'
import type OpenAI from 'openai'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { describe, expect, test } from 'vitest'
import { check } from '../src/core/input.ts'
import { chatCall } from '../src/core/openai/chat-call.ts'
import { ChunkEncoder, encodeCompletion } from '../src/core/openai/chat-encode.ts'
import type { TextPart, TextResult, ToolCall } from '../src/core/text.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const TARGET = { model: 'upstream-writer', provider: 'house', defaults: {} }
const IDENTITY = { id: 'chatcmpl-1', created: 1_790_000_000, model: 'writer', provider: 'house' }
const messages = [{ role: 'user', content: 'x' }]

const read = (body: object, provider = 'house') =>
  chatCall(check(ChatRequest, { model: 'writer', messages, ...body }), { ...TARGET, provider })

const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' }, strict: true } }
const clock = { type: 'function', function: { name: 'clock' } }

describe('a request', () => {
  test('with all that can be expressed', () => {
    const { call, warnings } = read({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'system', content: [{ type: 'text', text: 'Be ' }, { type: 'text', text: 'kind.' }] }, // biome-ignore format: one message per line
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock', arguments: '{}' } }] }, // biome-ignore format: one message per line
        { role: 'tool', tool_call_id: 'c1', content: 'noon' },
        { role: 'assistant', content: null, refusal: 'No.' },
      ],
      tools: [weather, clock],
      tool_choice: { type: 'function', function: { name: 'clock' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema: { type: 'object' }, strict: true } },
      max_completion_tokens: 5,
      max_tokens: 6,
      temperature: 0,
      top_p: 0.5,
      stop: 'END',
      seed: 0,
      presence_penalty: 1,
      frequency_penalty: -1,
      reasoning_effort: 'low',
      user: 'somebody',
    })
    expect(warnings).toEqual([])
    expect(call).toEqual({
      model: 'upstream-writer',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'system', text: 'Be kind.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        { role: 'assistant', text: 'Hi', toolCalls: [{ id: 'c1', name: 'clock', arguments: '{}' }] },
        { role: 'tool', callId: 'c1', content: [{ type: 'text', text: 'noon' }] },
        { role: 'assistant', text: 'No.' },
      ],
      tools: [{ name: 'weather', parameters: { type: 'object' }, strict: true }, { name: 'clock' }],
      toolChoice: { name: 'clock' },
      parallelToolCalls: false,
      output: { type: 'schema', name: 'city', schema: { type: 'object' }, strict: true },
      maxTokens: 5,
      temperature: 0,
      topP: 0.5,
      stop: ['END'],
      seed: 0,
      presencePenalty: 1,
      frequencyPenalty: -1,
      reasoning: 'low',
      user: 'somebody',
      defaults: {},
    })
  })

  test('a choice among fewer tools is fewer tools', () => {
    const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'clock' } }] }
    const { call } = read({ tools: [weather, clock], tool_choice: { type: 'allowed_tools', allowed_tools } })
    expect(call).toMatchObject({ tools: [{ name: 'clock' }], toolChoice: 'required' })
  })

  test.each([
    ['png under a wrong name', `data:image/jpeg;base64,${PIXEL}`, { base64: PIXEL, mediaType: 'image/png' }],
    ['of a type of its own', 'data:Image/X-Odd;q=1;base64,AAAA', { base64: 'AAAA', mediaType: 'image/x-odd' }],
    ['as a link', 'https://pictures.example/a.png', { url: 'https://pictures.example/a.png' }],
  ])('a picture %s', (_, url, picture) => {
    const content = [{ type: 'image_url', image_url: { url, detail: 'low' } }]
    const { call } = read({ messages: [{ role: 'user', content }] })
    expect(call.messages).toEqual([{ role: 'user', content: [{ type: 'image', picture, detail: 'low' }] }])
  })

  test.each(['file:///etc/passwd', 'data:image/png,abc', 'AAAA', 'ftp://a.example/b'])('no picture: %s', (url) => {
    const content = [{ type: 'image_url', image_url: { url } }]
    expect(() => read({ messages: [{ role: 'user', content }] })).toThrow(
      expect.objectContaining({ code: 'invalid_input', param: 'messages[0].content[0].image_url.url' }),
    )
  })

  test.each<[param: string, body: object]>([
    ['messages[0].content[0]', { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }],
    ['messages[0].role', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
    ['messages[0].tool_calls[0]', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom' }] }] }],
    ['tools[0]', { tools: [{ type: 'custom', custom: { name: 'a' } }] }],
    ['tool_choice', { tools: [clock], tool_choice: { type: 'custom' } }],
  ])('%s is refused by name', (param, body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'capability_missing', param }))
  })
})

/** A value of each field that the official SDK can send, other than what happens anyway. */
const EVERY_FIELD = {
  messages,
  model: 'writer',
  audio: { format: 'mp3', voice: 'alloy' },
  frequency_penalty: 1,
  function_call: 'auto',
  functions: [{ name: 'f' }],
  logit_bias: { 5: 1 },
  logprobs: true,
  max_completion_tokens: 5,
  max_tokens: 5,
  metadata: { a: 'b' },
  modalities: ['text', 'audio'],
  moderation: { model: 'm' },
  n: 2,
  parallel_tool_calls: true,
  prediction: { type: 'content', content: 'x' },
  presence_penalty: 1,
  prompt_cache_key: 'k',
  prompt_cache_options: { a: 1 },
  prompt_cache_retention: '24h',
  reasoning_effort: 'high',
  response_format: { type: 'json_object' },
  safety_identifier: 'somebody',
  seed: 1,
  service_tier: 'flex',
  stop: ['END'],
  store: true,
  stream: true,
  stream_options: { include_usage: true },
  temperature: 1,
  tool_choice: 'auto',
  tools: [clock],
  top_logprobs: 3,
  top_p: 1,
  user: 'somebody',
  verbosity: 'low',
  web_search_options: {},
} satisfies Record<keyof OpenAI.ChatCompletionCreateParamsStreaming, unknown>

const REFUSED =
  'audio, function_call, functions, logprobs, modalities, n, prediction, top_logprobs, web_search_options'.split(', ')
const LEFT_OUT =
  'logit_bias, metadata, moderation, prompt_cache_key, prompt_cache_options, prompt_cache_retention, service_tier, store, verbosity'.split(
    ', ',
  )
/** What a field is worth nothing without. */
const COMPANY: Readonly<Record<string, object>> = { tool_choice: { tools: [clock] } }
/** They say how to answer; whoever answers reads them. */
const OF_THE_ANSWER = ['model', 'messages', 'stream', 'stream_options']

describe('every field of the official SDK', () => {
  const plain = JSON.stringify(read({}).call)

  test.each(Object.entries(EVERY_FIELD).filter(([name]) => !OF_THE_ANSWER.includes(name)))(
    '%s is mapped, refused by name, or told to be left out',
    (name, value) => {
      const body = { ...COMPANY[name], [name]: value }
      if (REFUSED.includes(name)) {
        expect(() => read(body)).toThrow(expect.objectContaining({ code: 'capability_missing', param: name }))
        return
      }
      const { call, warnings } = read(body)
      if (LEFT_OUT.includes(name)) expect(warnings).toEqual([expect.stringContaining(name)])
      else expect({ warnings, isMapped: JSON.stringify(call) !== plain }).toEqual({ warnings: [], isMapped: true })
    },
  )

  test('audio is refused whatever it holds', () => {
    expect(() => read({ audio: {} })).toThrow(expect.objectContaining({ param: 'audio' }))
  })

  test('is silent where it says nothing new, and an unknown one is told', () => {
    const silent = {
      n: 1,
      logprobs: false,
      store: false,
      service_tier: 'auto',
      verbosity: null,
      modalities: ['text'],
      functions: [],
    }
    expect(read(silent).warnings).toEqual([])
    expect(read({ top_k: 5 }).warnings).toEqual([expect.stringContaining('top_k')])
    const twoNames = { user: 'somebody', safety_identifier: 'somebody-else' }
    expect(read(twoNames).warnings).toEqual([expect.stringContaining('user was left out')])
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const opaque = fc.option(
  fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(text, fc.array(text)), { minKeys: 1 }),
  { nil: undefined },
)
const toolCall: fc.Arbitrary<ToolCall> = fc
  .record({ id: fc.uuid(), name: fc.stringMatching(/^[a-z]{1,9}$/), arguments: fc.json(), opaque })
  .map(({ opaque: kept, ...call }) => (kept ? { ...call, opaque: kept } : call))
const answer: fc.Arbitrary<TextResult> = fc.record({
  text,
  reasoning: fc.option(text.filter(Boolean), { nil: undefined }),
  toolCalls: fc.array(toolCall, { maxLength: 3 }),
  opaque,
  reason: fc.constantFrom('stop', 'length', 'content-filter', 'tool-calls', 'other'),
  raw: fc.constant('whatever'),
  usage: fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() }, { requiredKeys: [] }),
  warnings: fc.array(text, { maxLength: 2 }),
})

/** The parts that would have brought the answer, cut anywhere. */
function* asParts(
  { text, reasoning, toolCalls, opaque, ...end }: TextResult,
  cut: (text: string) => string[],
): Iterable<TextPart> {
  for (const piece of cut(reasoning ?? '')) yield { type: 'reasoning-delta', text: piece }
  for (const piece of cut(text)) yield { type: 'text-delta', text: piece }
  for (const [i, { arguments: written, ...call }] of toolCalls.entries()) {
    // Providers count other things than calls too.
    const index = i * 2 + 1
    yield { type: 'tool-call-delta', index, ...call }
    for (const piece of cut(written)) yield { type: 'tool-call-delta', index, arguments: piece }
  }
  yield { type: 'finish', ...end, opaque }
}

const pieces = (size: number) => (whole: string) =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.slice(i * size, (i + 1) * size))

/** The answer that the official SDK makes of our events. */
async function readBySdk(events: string): Promise<OpenAI.ChatCompletion> {
  const lines = events
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.slice('data: '.length))
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`${lines.join('\n')}\n`))
      controller.close()
    },
  })
  return ChatCompletionStream.fromReadableStream(stream).finalChatCompletion()
}

type Message = OpenAI.ChatCompletionMessage & { reasoning_content?: string }

const reasoningIn = (events: string): string =>
  events
    .split('\n\n')
    .filter(Boolean)
    .flatMap((event) => (JSON.parse(event.slice('data: '.length)) as OpenAI.ChatCompletionChunk).choices)
    .map(({ delta }) => (delta as Partial<Message>).reasoning_content ?? '')
    .join('')

describe('an answer', () => {
  test('streamed is what it is whole, as the official SDK puts it together', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.integer({ min: 1, max: 9 }), async (result, size) => {
        const encoder = new ChunkEncoder(IDENTITY)
        let events = encoder.begin()
        for (const part of asParts(result, pieces(size))) {
          events += part.type === 'finish' ? encoder.finish(part, result.warnings, true) : encoder.part(part)
        }
        const streamed = await readBySdk(events)
        const whole = JSON.parse(encodeCompletion(IDENTITY, result, result.warnings)) as OpenAI.ChatCompletion
        // The SDK keeps the last piece only of what it does not know; our pieces of it are read one by one.
        const { content, reasoning_content, ...message } = whole.choices[0]!.message as Message
        expect(streamed).toMatchObject({ ...whole, choices: [{ ...whole.choices[0], message, logprobs: null }] })
        expect(streamed.choices[0]!.message.content || '').toBe(content ?? '')
        expect(reasoningIn(events)).toBe(reasoning_content ?? '')
        expect(streamed.choices[0]!.message.tool_calls?.length ?? 0).toBe(result.toolCalls.length)
      }),
      { numRuns: 60 },
    )
  })

  test('sent back is what it was, to the provider that gave it, and to no other with its secrets', () => {
    fc.assert(
      fc.property(answer, fc.constantFrom('house', 'google'), (result, provider) => {
        const whole = JSON.parse(encodeCompletion({ ...IDENTITY, provider }, result, [])) as OpenAI.ChatCompletion
        const sentBack = { messages: [whole.choices[0]!.message] }
        const { text, toolCalls, opaque: kept } = result
        expect(read(sentBack, provider).call.messages).toEqual([
          { role: 'assistant', text, ...(toolCalls.length > 0 && { toolCalls }), ...(kept && { opaque: kept }) },
        ])
        expect(JSON.stringify(read(sentBack, 'another').call.messages)).not.toContain('"opaque"')
      }),
    )
  })

  test('a signature of Google’s stands where Google’s own endpoint of this dialect puts it', () => {
    const toolCalls = [{ id: 'a', name: 'clock', arguments: '{}', opaque: { thoughtSignature: 'sig' } }]
    const result: TextResult = { text: '', toolCalls, reason: 'tool-calls', raw: null, usage: {}, warnings: [] }
    const { choices } = JSON.parse(encodeCompletion({ ...IDENTITY, provider: 'google' }, result, []))
    expect(choices[0].message.tool_calls[0].extra_content).toEqual({ google: { thought_signature: 'sig' } })
    expect(read({ messages: [choices[0].message] }, 'vertex').call.messages[0]).toMatchObject({ toolCalls })
  })

  test('usage that nobody reported is not there, rather than 0', () => {
    const result: TextResult = { text: 'x', toolCalls: [], reason: 'stop', raw: null, usage: {}, warnings: [] }
    expect(JSON.parse(encodeCompletion(IDENTITY, result, []))).not.toHaveProperty('usage')
    expect(new ChunkEncoder(IDENTITY).finish({ ...result }, [], true)).not.toContain('usage')
  })

  test('calls that a provider gave no id have one', () => {
    const toolCalls = ['a', 'b'].map((name) => ({ id: '', name, arguments: '{}' }))
    const result: TextResult = { text: '', toolCalls, reason: 'tool-calls', raw: null, usage: {}, warnings: [] }
    const { choices } = JSON.parse(encodeCompletion(IDENTITY, result, [])) as OpenAI.ChatCompletion
    const ids = choices[0]!.message.tool_calls!.map(({ id }) => id)
    expect(new Set(ids.filter(Boolean)).size).toBe(2)
  })
})
