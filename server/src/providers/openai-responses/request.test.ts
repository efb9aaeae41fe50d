import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EFFORTS, type TextCall, type TextMessage } from '../../core/text.ts'
import { openAIResponsesText } from '../openai-responses.ts'
import { connectTo } from '../testing/connection.ts'
import { readOpenApi, requestValidator } from '../testing/openapi.ts'
import { wireFolder } from '../testing/wire.ts'

const answer = { status: 'completed', output: [], usage: null }
const hello: TextMessage = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }

/** What goes over the wire for a call, and what the client is told. */
async function send(call: Partial<TextCall>, settings: Record<string, unknown> = {}) {
  const connection = connectTo([{ body: answer }], { settings, baseUrl: 'https://api.openai.com/v1' })
  const { warnings } = await openAIResponsesText.generate({ model: 'o3-pro', messages: [hello], ...call }, connection)
  return { ...connection.sent[0]!, body: connection.lastJson(), warnings }
}

test('goes to the Responses endpoint, and nothing is stored', async () => {
  const sent = await send({})
  expect(sent).toMatchObject({ method: 'POST', url: 'https://api.openai.com/v1/responses', warnings: [] })
  expect(sent.headers).toMatchObject({ authorization: 'Bearer secret-credential', 'content-type': 'application/json' })
  expect(sent.body).toEqual({
    model: 'o3-pro',
    input: [{ role: 'user', content: 'Hello' }],
    include: ['reasoning.encrypted_content'],
    store: false,
  })
})

test('a model that does not reason is not asked for its reasoning', async () => {
  expect((await send({ model: 'gpt-4o' })).body.include).toBeUndefined()
})

test('a conversation is a list of items', async () => {
  const reasoning = [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'ZW5j' }]
  const { body } = await send({
    messages: [
      { role: 'system', text: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image', picture: { base64: 'iVBO', mediaType: 'image/png' } },
          { type: 'image', picture: { url: 'https://pictures.example/1.png' }, detail: 'low' },
        ],
      },
      {
        role: 'assistant',
        text: 'I look.',
        toolCalls: [{ id: 'c1', name: 'look', arguments: '{}' }],
        opaque: { reasoning },
      },
      { role: 'tool', callId: 'c1', content: [{ type: 'text', text: 'a tram' }] },
      { role: 'tool', callId: 'c2', content: [{ type: 'image', picture: { url: 'https://pictures.example/2.png' } }] },
      { role: 'system', text: 'In French.' },
      { role: 'assistant', text: 'Un tram.', opaque: { reasoning, places: [[3, 0]] } },
    ],
  })
  expect(body.instructions).toBe('Be brief.')
  expect(body.input).toEqual([
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is it?' },
        { type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'auto' },
        { type: 'input_image', image_url: 'https://pictures.example/1.png', detail: 'low' },
      ],
    },
    reasoning[0],
    { role: 'assistant', content: 'I look.' },
    { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'a tram' },
    {
      type: 'function_call_output',
      call_id: 'c2',
      output: [{ type: 'input_image', image_url: 'https://pictures.example/2.png', detail: 'auto' }],
    },
    { role: 'developer', content: 'In French.' },
    { role: 'assistant', content: 'Un ' },
    reasoning[0],
    { role: 'assistant', content: 'tram.' },
  ])
})

test('instructions alone are sent as input', async () => {
  const { body } = await send({ messages: [{ role: 'system', text: 'Classify: a tram' }] })
  expect(body.instructions).toBeUndefined()
  expect(body.input).toEqual([{ role: 'developer', content: 'Classify: a tram' }])
})

test('tools are not strict unless they say so', async () => {
  const { body } = await send({
    tools: [
      { name: 'look', description: 'Looks.', parameters: { type: 'object' } },
      { name: 'wait', strict: true },
    ],
    toolChoice: { name: 'look' },
    parallelToolCalls: false,
    defaults: { tools: [{ type: 'web_search' }] },
  })
  expect(body.tools).toEqual([
    { type: 'web_search' },
    { type: 'function', name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: false },
    {
      type: 'function',
      name: 'wait',
      parameters: { type: 'object', properties: {}, additionalProperties: false },
      strict: true,
    },
  ])
  expect(body).toMatchObject({ tool_choice: { type: 'function', name: 'look' }, parallel_tool_calls: false })
})

test.each([
  [{ output: { type: 'json' } }, { text: { format: { type: 'json_object' } } }],
  [
    {
      output: { type: 'schema', name: 'x', schema: { type: 'object' }, strict: true },
      defaults: { text: { verbosity: 'low' } },
    },
    {
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } },
    },
  ],
  [{ reasoning: 'high' }, { reasoning: { effort: 'high' } }],
  [{ defaults: { reasoning: { effort: 'low', summary: 'auto' } } }, { reasoning: { effort: 'low', summary: 'auto' } }],
  [
    { maxTokens: 100, temperature: 0.3, topP: 0.9 },
    { max_output_tokens: 100, temperature: 0.3, top_p: 0.9 },
  ],
  [{ user: 'u-1' }, { safety_identifier: 'u-1' }],
  [
    { defaults: { include: ['web_search_call.results'] } },
    { include: ['web_search_call.results', 'reasoning.encrypted_content'] },
  ],
  [{ defaults: { store: true, truncation: 'auto' } }, { store: false, truncation: 'auto' }],
] as [Partial<TextCall>, object][])('%j', async (call, expected) => {
  const { body, warnings } = await send(call)
  expect(body).toMatchObject(expected)
  expect(warnings).toEqual([])
})

test('summaries are asked for where the configuration says so', async () => {
  const settings = { reasoningSummary: 'auto' }
  expect((await send({ reasoning: 'low' }, settings)).body.reasoning).toEqual({ effort: 'low', summary: 'auto' })
  expect((await send({ reasoning: 'none' }, settings)).body.reasoning).toEqual({ effort: 'none' })
})

test('what the API does not take is told', async () => {
  const { body, warnings } = await send({
    stop: ['END'],
    seed: 0,
    presencePenalty: 1,
    frequencyPenalty: 1,
    maxTokens: 1,
    user: 'x'.repeat(65),
  })
  expect(Object.keys(body).sort()).toEqual(['include', 'input', 'max_output_tokens', 'model', 'store'])
  expect(body.max_output_tokens).toBe(16)
  expect(warnings).toEqual([
    "OpenAI's Responses API takes no stop sequences; it was left out.",
    "OpenAI's Responses API takes no seed; it was left out.",
    "OpenAI's Responses API takes no presence penalty; it was left out.",
    "OpenAI's Responses API takes no frequency penalty; it was left out.",
    'The limit of 1 output tokens was raised to 16, the least that OpenAI takes.',
    'The user was left out, because OpenAI takes no more than 64 characters.',
  ])
})

describe.skipIf(wireFolder() === undefined)('every request is valid by the description of OpenAI', () => {
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
  const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/)
  const opaque = fc.record({
    reasoning: fc.array(
      fc.record({ type: fc.constant('reasoning'), id, summary: fc.constant([]), encrypted_content: fc.string() }),
    ),
    places: fc.array(fc.tuple(fc.nat(9), fc.nat(2))),
  })
  const toolCall = fc.record({ id, name: id, arguments: fc.json() })
  const message = fc.oneof(
    fc.record({ role: fc.constant('system' as const), text: fc.string() }),
    fc.record({ role: fc.constant('user' as const), content: fc.array(fc.oneof(text, image)) }),
    fc.record(
      {
        role: fc.constant('assistant' as const),
        text: fc.string(),
        toolCalls: fc.array(toolCall, { maxLength: 2 }),
        opaque,
      },
      { requiredKeys: ['role', 'text'] },
    ),
    fc.record({ role: fc.constant('tool' as const), callId: id, content: fc.array(fc.oneof(text, image)) }),
  )
  const schema = fc.constantFrom({ type: 'object' }, { type: 'object', properties: { a: { type: 'string' } } })
  const anyCall: fc.Arbitrary<TextCall> = fc.record(
    {
      model: fc.constantFrom('o3-pro', 'gpt-5.5-pro', 'gpt-4o', 'o3-deep-research'),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      tools: fc.array(
        fc.record(
          { name: id, description: fc.string(), parameters: schema, strict: fc.boolean() },
          { requiredKeys: ['name'] },
        ),
        { maxLength: 2 },
      ),
      toolChoice: fc.constantFrom('auto' as const, 'none' as const, 'required' as const, { name: 'look' }),
      parallelToolCalls: fc.boolean(),
      output: fc.oneof(
        fc.constant({ type: 'json' as const }),
        fc.record(
          { type: fc.constant('schema' as const), name: id, schema, description: fc.string(), strict: fc.boolean() },
          { requiredKeys: ['type', 'name', 'schema'] },
        ),
      ),
      maxTokens: fc.integer({ min: 1, max: 200_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      stop: fc.array(fc.string()),
      seed: fc.integer(),
      presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
      reasoning: fc.constantFrom(...EFFORTS),
      user: fc.string({ maxLength: 100 }),
    },
    { requiredKeys: ['model', 'messages'] },
  )

  test('whatever is asked', async () => {
    const problems = requestValidator(readOpenApi('openai/openapi.json'), 'POST', '/responses')
    await fc.assert(
      fc.asyncProperty(anyCall, fc.constantFrom({}, { reasoningSummary: 'auto' }), async (call, settings) => {
        expect(problems((await send(call, settings)).body)).toEqual([])
      }),
    )
    expect(problems({ model: 7, inputs: [] })).not.toEqual([])
  })
})
