import fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { EFFORTS, type TextCall } from '../../core/text.ts'
import { openai } from '../openai.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { readOpenApi, requestValidator } from '../testing/openapi.ts'
import { wireFolder } from '../testing/wire.ts'
import { eventStream, recordSdk } from './messages/testing.ts'

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Bern.' }, finish_reason: 'stop' }],
}
const chunk = { ...completion, choices: [{ index: 0, delta: { content: 'Bern.' }, finish_reason: 'stop' }] }
const chunks = Buffer.concat([eventStream([chunk]), Buffer.from('data: [DONE]\n\n')])

/** The request for a call. */
async function send(call: TextCall, streamed = false, flags = {}) {
  const connection = connectTo([{ body: streamed ? [chunks] : completion }], {
    baseUrl: 'https://provider.example/v1',
    flags,
  })
  const answered = streamed
    ? (await collect(openai.text!.stream(call, connection))).at(-1)
    : await openai.text!.generate(call, connection)
  expect(answered).toMatchObject({ reason: 'stop', warnings: [] })
  return { ...connection.sent[0]!, body: connection.lastJson() }
}

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

const call: TextCall = {
  model: 'gpt-4.1-mini',
  messages: [
    { role: 'system', text: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Which city?' },
        { type: 'image', picture: { base64: 'iVBO', mediaType: 'image/png' }, detail: 'low' },
        { type: 'image', picture: { url: 'https://pictures.example/a.png' } },
      ],
    },
    { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"city":"Bern"}' }] },
    { role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'Bern' }] },
  ],
  tools: [{ name: 'look', description: 'Looks.', parameters: schema, strict: true }],
  toolChoice: { name: 'look' },
  parallelToolCalls: false,
  output: { type: 'schema', name: 'place', schema, strict: true },
  maxTokens: 500,
  temperature: 0.5,
  topP: 0.9,
  stop: ['END'],
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: -0.1,
  reasoning: 'low',
  user: 'u-1',
}

const params: OpenAI.ChatCompletionCreateParamsNonStreaming = {
  model: 'gpt-4.1-mini',
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Which city?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"city":"Bern"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'Bern' },
  ],
  tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema, strict: true } }],
  tool_choice: { type: 'function', function: { name: 'look' } },
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
  max_completion_tokens: 500,
  temperature: 0.5,
  top_p: 0.9,
  stop: ['END'],
  seed: 7,
  presence_penalty: 0.1,
  frequency_penalty: -0.1,
  reasoning_effort: 'low',
  user: 'u-1',
}

describe("OpenAI's SDK asks for the same by the same request", () => {
  test.each([false, true])('chat, streamed: %s', async (streamed) => {
    const theirs = await recordSdk(streamed ? chunks : completion, async (baseUrl) => {
      const client = new OpenAI({ apiKey: 'secret-credential', baseURL: `${baseUrl}/v1`, maxRetries: 0 })
      if (!streamed) await client.chat.completions.create(params)
      else {
        const stream_options = { include_usage: true }
        await collect(await client.chat.completions.create({ ...params, stream: true, stream_options }))
      }
    })
    const ours = await send(call, streamed, { tokenField: 'max_completion_tokens' })
    expect(ours.method).toBe(theirs.method)
    expect(new URL(ours.url).pathname).toBe(theirs.path)
    expect(ours.body).toEqual(theirs.body)
    for (const name of ['authorization', 'content-type']) expect(ours.headers![name]).toBe(theirs.headers[name])
  })
})

describe.skipIf(wireFolder() === undefined)('chats are valid by the description of OpenAI', () => {
  const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/)
  const text = fc.record({ type: fc.constant('text' as const), text: fc.string() })
  const image = fc.record(
    {
      type: fc.constant('image' as const),
      picture: fc.oneof(
        fc.record({ base64: fc.constant('iVBO'), mediaType: fc.constantFrom('image/png', 'image/jpeg') }),
        fc.record({ url: fc.webUrl() }),
      ),
      detail: fc.constantFrom('auto', 'low', 'high'),
    },
    { requiredKeys: ['type', 'picture'] },
  )
  const toolCalls = fc.array(fc.record({ id, name: id, arguments: fc.json() }), { minLength: 1, maxLength: 2 })
  const message = fc.oneof(
    fc.record({ role: fc.constant('system' as const), text: fc.string() }),
    fc.record({ role: fc.constant('user' as const), content: fc.array(fc.oneof(text, image), { minLength: 1 }) }),
    fc.record(
      { role: fc.constant('assistant' as const), text: fc.string(), toolCalls },
      { requiredKeys: ['role', 'text'] },
    ),
    fc.record({ role: fc.constant('tool' as const), callId: id, content: fc.array(text, { minLength: 1 }) }),
  )
  const form = fc.constantFrom({ type: 'object' }, schema)
  const penalty = fc.double({ min: -2, max: 2, noNaN: true })
  const anyCall: fc.Arbitrary<TextCall> = fc.record(
    {
      model: fc.constantFrom('gpt-4o', 'gpt-5.5'),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      tools: fc.array(
        fc.record(
          { name: id, description: fc.string(), parameters: form, strict: fc.boolean() },
          { requiredKeys: ['name'] },
        ),
        { minLength: 1, maxLength: 2 },
      ),
      toolChoice: fc.constantFrom('auto' as const, 'none' as const, 'required' as const, { name: 'look' }),
      parallelToolCalls: fc.boolean(),
      output: fc.oneof(
        fc.constant({ type: 'json' as const }),
        fc.record(
          {
            type: fc.constant('schema' as const),
            name: id,
            schema: form,
            description: fc.string(),
            strict: fc.boolean(),
          },
          { requiredKeys: ['type', 'name', 'schema'] },
        ),
      ),
      maxTokens: fc.integer({ min: 1, max: 200_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      stop: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }),
      seed: fc.integer(),
      presencePenalty: penalty,
      frequencyPenalty: penalty,
      reasoning: fc.constantFrom(...EFFORTS),
      user: fc.string({ maxLength: 60 }),
    },
    { requiredKeys: ['model', 'messages'] },
  )

  test('whatever is asked', async () => {
    const problems = requestValidator(readOpenApi('openai/openapi.json'), 'POST', '/chat/completions')
    const flags = fc.constantFrom({}, { tokenField: 'max_completion_tokens' as const })
    await fc.assert(
      fc.asyncProperty(anyCall, fc.boolean(), flags, async (asked, streamed, own) => {
        expect(problems((await send(asked, streamed, own)).body)).toEqual([])
      }),
    )
    expect(problems({ model: 7, message: [] })).not.toEqual([])
  })
})
