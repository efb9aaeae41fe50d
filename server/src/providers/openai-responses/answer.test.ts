import { describe, expect, test } from 'vitest'
import type { TextCall } from '../../core/text.ts'
import { openAIResponsesText } from '../openai-responses.ts'
import { eventStream } from '../shared/messages/testing.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'

type Json = Record<string, unknown>

const call: TextCall = { model: 'o3-pro', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }

const ask = (script: Scripted) =>
  collect(openAIResponsesText.stream(call, connectTo([{ headers: { 'x-request-id': 'req_1' }, ...script }])))
const streamed = (...events: (Json | string)[]) => ask({ body: eventStream(events) })

const CREATED = { type: 'response.created', response: { status: 'in_progress', error: null } }
const ADDED = { type: 'response.output_item.added', output_index: 0, item: { type: 'message', content: [] } }
const hello = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' }
const usage = { input_tokens: 3, output_tokens: 4 }
const closing = (type: string, response: Json) => ({ type: `response.${type}`, response: { usage, ...response } })
const COMPLETED = closing('completed', { status: 'completed', error: null })

test('asks for a stream and ends with what it took', async () => {
  const connection = connectTo([{ body: eventStream([CREATED, ADDED, hello, COMPLETED]) }])
  expect(await collect(openAIResponsesText.stream(call, connection))).toEqual([
    { type: 'text-delta', text: 'Hello' },
    {
      type: 'finish',
      reason: 'stop',
      raw: 'completed',
      usage: { inputTokens: 3, outputTokens: 4 },
      warnings: [],
      upstreamRequestId: undefined,
      opaque: undefined,
    },
  ])
  expect(connection.lastJson()).toMatchObject({ stream: true })
})

describe('an answer that ends early', () => {
  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['something_new', 'other'],
  ])('by %s is %s', async (why, reason) => {
    const end = closing('incomplete', { status: 'incomplete', incomplete_details: { reason: why } })
    expect((await streamed(CREATED, ADDED, hello, end)).at(-1)).toMatchObject({
      reason,
      raw: why,
      usage: { outputTokens: 4 },
    })
  })

  test('by its filter, with nothing said, is refused', async () => {
    const end = closing('incomplete', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } })
    await expect(streamed(CREATED, end)).rejects.toMatchObject({
      code: 'content_policy',
      upstreamCode: 'content_filter',
    })
  })
})

test('a refusal is text, and no answer', async () => {
  const refusal = { type: 'response.refusal.delta', output_index: 0, delta: 'I cannot.' }
  const parts = await streamed(CREATED, ADDED, refusal, COMPLETED)
  expect(parts).toMatchObject([
    { type: 'text-delta', text: 'I cannot.' },
    { reason: 'content-filter', raw: 'completed' },
  ])
  const output = [{ type: 'message', content: [{ type: 'refusal', refusal: 'I cannot.' }] }]
  const whole = await openAIResponsesText.generate(call, connectTo([{ body: { status: 'completed', output, usage } }]))
  expect(whole).toMatchObject({ text: 'I cannot.', reason: 'content-filter', usage: { inputTokens: 3 } })
})

test('what no delta has brought comes with the item', async () => {
  const done = (output_index: number, item: Json) => ({ type: 'response.output_item.done', output_index, item })
  expect(
    await streamed(
      CREATED,
      ADDED,
      hello,
      done(0, { type: 'message', content: [{ type: 'output_text', text: 'Hello there' }] }),
      done(1, { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' }),
      COMPLETED,
    ),
  ).toMatchObject([
    { text: 'Hello' },
    { text: ' there' },
    { type: 'tool-call-delta', index: 0, id: 'c', name: 'look', arguments: '{}' },
    { reason: 'tool-calls' },
  ])
})

test('a stream without items may have them in its closing event', async () => {
  const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }]
  const end = closing('completed', { status: 'completed', output })
  expect(await streamed(CREATED, end)).toMatchObject([{ text: 'Hello' }, { type: 'finish' }])
})

test('summaries are told, and encrypted reasoning is kept for the next turn', async () => {
  const item = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'A' }],
    encrypted_content: 'ZW5j',
    status: 'completed',
  }
  const summary = (delta: string, summary_index: number) => [
    { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index, delta },
  ]
  const parts = await streamed(
    CREATED,
    { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', summary: [] } },
    ...summary('A', 0),
    ...summary('B', 1),
    { type: 'response.output_item.done', output_index: 0, item },
    COMPLETED,
  )
  expect(parts.slice(0, -1)).toEqual(['A', '\n\n', 'B'].map((text) => ({ type: 'reasoning-delta', text })))
  const { opaque } = parts.at(-1) as { opaque: Json }
  const { status: _, ...kept } = item
  expect(opaque).toEqual({ reasoning: [kept] })
  const connection = connectTo([{ body: { status: 'completed', output: [] } }])
  const messages = [...call.messages, { role: 'assistant' as const, text: 'Hello', opaque }]
  await openAIResponsesText.generate({ ...call, messages }, connection)
  expect(connection.lastJson().input).toMatchObject([{}, kept, { role: 'assistant', content: 'Hello' }])
})

test('an event that is no JSON and one that is not known are passed over, a damaged one is not', async () => {
  await expect(streamed(CREATED, '{"type":', ADDED, hello, COMPLETED)).rejects.toMatchObject({ code: 'invalid_output' })
  expect(await streamed(CREATED, 'keep-alive', { type: 'response.news' }, ADDED, hello, COMPLETED)).toMatchObject([
    { text: 'Hello' },
    { type: 'finish' },
  ])
})

test.each([
  ['in the midst of text', [CREATED, ADDED, hello], 'ended the stream before the answer was complete'],
  ['before any', [CREATED], 'ended the stream without an answer'],
])('a stream that is cut %s is an error', async (_, events, message) => {
  await expect(streamed(...events)).rejects.toMatchObject({
    code: 'invalid_output',
    message: `provider ${message}.`,
    upstreamRequestId: 'req_1',
  })
})

describe('failures with a good status', () => {
  const failed = (code: string) => closing('failed', { status: 'failed', error: { code, message: 'Said.' } })

  test.each([
    ['server_error', 'upstream_error', true],
    ['rate_limit_exceeded', 'rate_limit', true],
    ['insufficient_quota', 'billing', false],
    ['server_is_overloaded', 'overloaded', true],
    ['invalid_prompt', 'content_policy', false],
    ['bio_policy', 'content_policy', false],
    ['image_content_policy_violation', 'content_policy', false],
    ['invalid_image_url', 'invalid_input', false],
    ['failed_to_download_image', 'invalid_input', false],
    ['image_too_large', 'invalid_input', false],
    ['vector_store_timeout', 'timeout', true],
    ['data_residency_mismatch', 'permission', false],
    ['some_new_error', 'upstream_error', true],
  ])('%s is %s', async (word, code, retryable) => {
    const expected = { code, retryable, message: 'provider: Said.', upstreamCode: word, upstreamRequestId: 'req_1' }
    await expect(streamed(CREATED, ADDED, hello, failed(word))).rejects.toMatchObject(expected)
    await expect(streamed(CREATED, { type: 'error', code: word, message: 'Said.', param: null })).rejects.toMatchObject(
      expected,
    )
    const body = { status: 'failed', output: [], error: { code: word, message: 'Said.' } }
    await expect(
      openAIResponsesText.generate(call, connectTo([{ body, headers: { 'x-request-id': 'req_1' } }])),
    ).rejects.toMatchObject(expected)
  })
})

describe('failed requests', () => {
  test.each([
    [400, 'context_length_exceeded', 'invalid_input'],
    [400, 'billing_hard_limit_reached', 'billing'],
    [400, 'invalid_prompt', 'content_policy'],
    [401, 'invalid_api_key', 'authentication'],
    [403, 'unsupported_country_region_territory', 'permission'],
    [404, 'model_not_found', 'model_not_found'],
    [429, 'rate_limit_exceeded', 'rate_limit'],
    [429, 'insufficient_quota', 'billing'],
    [500, 'server_error', 'upstream_error'],
    [503, 'server_is_overloaded', 'overloaded'],
  ])('%i %s is %s', async (status, word, code) => {
    const body = { error: { message: 'Said.', type: 'x', param: null, code: word } }
    await expect(ask({ status, body, headers: { 'x-request-id': 'req_1', 'retry-after': '2' } })).rejects.toMatchObject(
      {
        code,
        upstreamStatus: status,
        upstreamCode: word,
        upstreamRequestId: 'req_1',
        retryAfterMs: 2_000,
      },
    )
  })
})

test.each([
  [{ id: 'x' }, 'answered something that is not a response'],
  [{ status: 'queued', output: [] }, 'answered a response that is queued'],
])('%j is no answer', async (body, message) => {
  await expect(openAIResponsesText.generate(call, connectTo([{ body }]))).rejects.toMatchObject({
    code: 'invalid_output',
    message: `provider ${message}.`,
  })
})
