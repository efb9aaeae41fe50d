import { expect, test } from 'vitest'
import type { TextCall } from '../../core/text.ts'
import { anthropic } from '../anthropic.ts'
import { eventStream } from '../shared/messages/testing.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'

const call: TextCall = {
  model: 'claude-opus-4-8',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

const START = {
  type: 'message_start',
  message: { content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
}
const TEXT = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
const hello = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } }
const STOP = { type: 'content_block_stop', index: 0 }
const DELTA = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }
const END = { type: 'message_stop' }

const stream = (script: Scripted) => collect(anthropic.text!.stream(call, connectTo([script])))

const streamed = async (...events: (object | string)[]) =>
  stream({ body: eventStream(events as Record<string, unknown>[]), headers: { 'request-id': 'req_7' } })

test('asks for a stream and ends with what it took', async () => {
  const connection = connectTo([
    { body: eventStream([START, TEXT, hello, STOP, DELTA, END]), headers: { 'request-id': 'req_7' } },
  ])
  expect(await collect(anthropic.text!.stream(call, connection))).toEqual([
    { type: 'text-delta', text: 'Hello' },
    {
      type: 'finish',
      reason: 'stop',
      raw: 'end_turn',
      usage: { inputTokens: 3, outputTokens: 9 },
      warnings: [],
      upstreamRequestId: 'req_7',
      opaque: undefined,
    },
  ])
  expect(connection.lastJson()).toMatchObject({ stream: true })
})

test('an event that is no JSON, a ping and one that is not known are passed over, a damaged one is not', async () => {
  const damaged = streamed(START, TEXT, '{"type":', hello, STOP, DELTA, END)
  await expect(damaged).rejects.toMatchObject({ code: 'invalid_output' })
  const parts = await streamed(START, TEXT, 'keep-alive', { type: 'ping' }, { type: 'news' }, hello, STOP, DELTA, END)
  expect(parts).toMatchObject([{ text: 'Hello' }, { type: 'finish' }])
})

test('an answer that is whole needs no end marker', async () => {
  expect(await streamed(START, TEXT, hello, STOP, DELTA)).toMatchObject([{ text: 'Hello' }, { raw: 'end_turn' }])
})

test('nothing that happens after the answer is a failure', async () => {
  const body = async function* () {
    yield eventStream([START, TEXT, hello, STOP, DELTA])
    throw new Error('reset')
  }
  expect(await stream({ body: body() })).toMatchObject([{ text: 'Hello' }, { type: 'finish' }])
})

test.each([
  ['before the block ends', [START, TEXT, hello], 'ended the stream before the answer was complete'],
  ['before the answer ends', [START, TEXT, hello, STOP], 'ended the stream before the answer was complete'],
  ['before it begins', [START], 'ended the stream without an answer'],
  ['at once', [], 'ended the stream without an answer'],
])('a stream that is cut %s is an error', async (_, events, message) => {
  await expect(streamed(...events)).rejects.toMatchObject({
    code: 'invalid_output',
    message: `provider ${message}.`,
    upstreamRequestId: 'req_7',
  })
})

test('a broken connection is the error that it is', async () => {
  const body = async function* () {
    yield eventStream([START, TEXT, hello])
    throw new Error('reset')
  }
  await expect(stream({ body: body() })).rejects.toThrow('reset')
})

test.each([
  ['overloaded_error', 'overloaded', true],
  ['api_error', 'upstream_error', true],
  ['rate_limit_error', 'rate_limit', true],
  ['invalid_request_error', 'invalid_input', false],
  ['some_new_error', 'upstream_error', true],
])('an event of %s is %s', async (type, code, retryable) => {
  const error = { type: 'error', error: { type, message: 'Said.' }, request_id: 'req_8' }
  await expect(streamed(START, TEXT, hello, error)).rejects.toMatchObject({
    code,
    retryable,
    message: 'provider: Said.',
    upstreamCode: type,
    upstreamRequestId: 'req_8',
  })
})

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'other'],
  ['refusal', 'content-filter'],
  ['something_new', 'other'],
])('%s is %s', async (stop_reason, reason) => {
  const answer = { content: [{ type: 'text', text: 'Well' }], stop_reason, usage: {} }
  const result = await anthropic.text!.generate(call, connectTo([{ body: answer }]))
  expect(result).toMatchObject({ reason, raw: stop_reason, usage: {} })
})

test('all input is counted, whichever cache it was in', async () => {
  const usage = {
    input_tokens: 10,
    cache_read_input_tokens: 200,
    cache_creation_input_tokens: 3_000,
    output_tokens: 7,
    output_tokens_details: { thinking_tokens: 4 },
  }
  const result = await anthropic.text!.generate(
    call,
    connectTo([{ body: { content: [], stop_reason: 'end_turn', usage } }]),
  )
  expect(result.usage).toEqual({
    inputTokens: 3_210,
    cachedInputTokens: 200,
    cacheWriteTokens: 3_000,
    outputTokens: 7,
    reasoningTokens: 4,
  })
})

test('thoughts are told and kept with their signature, in their places', async () => {
  const hidden = { type: 'redacted_thinking', data: 'ZW5j' }
  const block = (index: number, content_block: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const parts = await streamed(
    START,
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'Hm' },
      { type: 'thinking_delta', thinking: '.' },
      { type: 'signature_delta', signature: 'c2ln' },
    ),
    ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Look:' }),
    ...block(2, hidden),
    ...block(3, { type: 'tool_use', id: 't', name: 'look', input: {} }, { type: 'input_json_delta', partial_json: '' }),
    { ...DELTA, delta: { stop_reason: 'tool_use' } },
    END,
  )
  expect(parts.slice(0, -1)).toEqual([
    { type: 'reasoning-delta', text: 'Hm' },
    { type: 'reasoning-delta', text: '.' },
    { type: 'text-delta', text: 'Look:' },
    { type: 'tool-call-delta', index: 0, id: 't', name: 'look' },
    { type: 'tool-call-delta', index: 0, arguments: '{}' },
  ])
  expect(parts.at(-1)).toMatchObject({
    reason: 'tool-calls',
    opaque: {
      model: 'claude-opus-4-8',
      thinking: [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }, hidden],
      places: [
        [0, 0],
        [5, 0],
      ],
    },
  })
})

test('what is kept goes back as it came', async () => {
  const thinking = { type: 'thinking', thinking: '', signature: 'c2ln' }
  const content = [thinking, { type: 'tool_use', id: 't', name: 'look', input: { at: 1 } }]
  const connection = connectTo([
    { body: { content, stop_reason: 'tool_use', usage: {} } },
    { body: { content: [], usage: {} } },
  ])
  const { text, toolCalls, opaque } = await anthropic.text!.generate(call, connection)
  expect(opaque).toEqual({ model: 'claude-opus-4-8', thinking: [thinking] })
  const messages = [...call.messages, { role: 'assistant' as const, text, toolCalls, opaque }]
  await anthropic.text!.generate({ ...call, messages }, connection)
  expect(connection.lastJson().messages).toMatchObject([{}, { role: 'assistant', content }])
})

test('a refusal after something was said is an end like any other', async () => {
  const parts = await streamed(START, TEXT, hello, STOP, { ...DELTA, delta: { stop_reason: 'refusal' } }, END)
  expect(parts.at(-1)).toMatchObject({ reason: 'content-filter', raw: 'refusal' })
})

test('text beside a forced tool that is not called is the answer', async () => {
  const structured: TextCall = { ...call, output: { type: 'json' } }
  const body = eventStream([START, TEXT, hello, STOP, DELTA, END])
  const parts = await collect(anthropic.text!.stream(structured, connectTo([{ body }])))
  expect(parts).toMatchObject([{ type: 'text-delta', text: 'Hello' }, { reason: 'stop' }])
})

test.each([
  ['{"id":"x"}', 'answered something that is not a message'],
  ['[]', 'answered something that is not a JSON object'],
  ['', 'answered something that is not a JSON object'],
])('%s is no answer', async (body, message) => {
  await expect(anthropic.text!.generate(call, connectTo([{ body }]))).rejects.toMatchObject({
    code: 'invalid_output',
    message: `provider ${message}.`,
  })
})

test('whoever stops reading cuts the connection', async () => {
  let signal: AbortSignal | undefined
  const connection = connectTo((sent) => {
    signal = sent.signal
    return { body: eventStream([START, TEXT, hello, STOP, DELTA, END]) }
  })
  for await (const part of anthropic.text!.stream(call, connection)) {
    expect(part).toMatchObject({ text: 'Hello' })
    break
  }
  expect(signal?.aborted).toBe(true)
})

test('after the whole answer the connection is left to be used again', async () => {
  let signal: AbortSignal | undefined
  let isRead = false
  const body = async function* () {
    yield eventStream([START, TEXT, hello, STOP, DELTA, END])
    isRead = true
  }
  const connection = connectTo((sent) => {
    signal = sent.signal
    return { body: body() }
  })
  await collect(anthropic.text!.stream(call, connection))
  await expect.poll(() => isRead).toBe(true)
  expect(signal?.aborted).toBe(false)
})
