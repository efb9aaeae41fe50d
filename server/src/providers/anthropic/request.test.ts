import { describe, expect, test } from 'vitest'
import type { TextCall, TextMessage } from '../../core/text.ts'
import { anthropic } from '../anthropic.ts'
import { connectTo } from '../testing/connection.ts'

const message = { type: 'message', content: [{ type: 'text', text: 'Yes.' }], stop_reason: 'end_turn', usage: {} }
const hello: TextMessage = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const MODERN = 'claude-sonnet-5'
const OLD = 'claude-sonnet-4-5-20250929'

/** What goes over the wire for a call, and what the client is told. */
async function send(call: Partial<TextCall>, settings: Record<string, unknown> = {}) {
  const connection = connectTo([{ body: message }], { settings, baseUrl: 'https://api.anthropic.com' })
  const { warnings } = await anthropic.text!.generate({ model: OLD, messages: [hello], ...call }, connection)
  return { ...connection.sent[0]!, body: connection.lastJson(), warnings }
}

test('goes to the Messages endpoint with the credential in its header', async () => {
  const sent = await send({ maxTokens: 100 })
  expect(sent).toMatchObject({ method: 'POST', url: 'https://api.anthropic.com/v1/messages', warnings: [] })
  expect(sent.headers).toMatchObject({
    'x-api-key': 'secret-credential',
    'anthropic-version': '2023-06-01',
    'content-type': 'application/json',
  })
  expect(sent.body).toEqual({
    model: OLD,
    max_tokens: 100,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  })
})

test.each(['https://edge.example/anthropic', 'https://edge.example/anthropic/', 'https://edge.example/anthropic/v1'])(
  'a base URL may have its version: %s',
  async (baseUrl) => {
    const connection = connectTo([{ body: message }], { baseUrl, headers: { 'anthropic-beta': 'some-beta' } })
    await anthropic.text!.generate({ model: OLD, messages: [hello] }, connection)
    expect(connection.sent[0]!.url).toBe('https://edge.example/anthropic/v1/messages')
    expect(connection.sent[0]!.headers).toMatchObject({ 'anthropic-beta': 'some-beta' })
  },
)

describe('a conversation', () => {
  test('has its system text apart, and each side in turn', async () => {
    const { body, warnings } = await send({
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'system', text: 'Be kind.' },
        hello,
        {
          role: 'user',
          content: [
            { type: 'text', text: ' ' },
            { type: 'text', text: 'Again' },
          ],
        },
        {
          role: 'assistant',
          text: 'I look.',
          toolCalls: [
            { id: 'a:1', name: 'look', arguments: '{"at":"x"}' },
            { id: 'b', name: 'look', arguments: '' },
          ],
        },
        { role: 'tool', callId: 'a:1', content: [{ type: 'text', text: 'seen' }] },
        { role: 'tool', callId: 'b', content: [] },
        { role: 'user', content: [{ type: 'text', text: 'So?' }] },
      ],
    })
    expect(warnings).toEqual([])
    expect(body.system).toBe('Be brief.\n\nBe kind.')
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'text', text: 'Again' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'a_1', name: 'look', input: { at: 'x' } },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a_1', content: [{ type: 'text', text: 'seen' }] },
          { type: 'tool_result', tool_use_id: 'b' },
          { type: 'text', text: 'So?' },
        ],
      },
    ])
  })

  test('has pictures inline or by their URL', async () => {
    const { body, warnings } = await send({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', picture: { base64: 'iVBO', mediaType: 'image/png' } },
            { type: 'image', picture: { url: 'https://pictures.example/1.png' }, detail: 'low' },
          ],
        },
      ],
    })
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
          { type: 'image', source: { type: 'url', url: 'https://pictures.example/1.png' } },
        ],
      },
    ])
    expect(warnings).toEqual([expect.stringContaining('levels of detail')])
  })

  test('of a system message alone becomes one of the user', async () => {
    const { body, warnings } = await send({ messages: [{ role: 'system', text: 'Classify: a tram' }] })
    expect(body.system).toBeUndefined()
    expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Classify: a tram' }] }])
    expect(warnings).toHaveLength(1)
  })

  test('tells when system text is moved, and when arguments are no object', async () => {
    const { body, warnings } = await send({
      messages: [
        hello,
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'look', arguments: '{"at' }] },
        { role: 'tool', callId: 'a', content: [{ type: 'text', text: 'no' }] },
        { role: 'system', text: 'Now in French.' },
      ],
    })
    expect(body.system).toBe('Now in French.')
    expect(body.messages).toMatchObject([{}, { content: [{ input: { arguments: '{"at' } }] }, {}])
    expect(warnings).toEqual([expect.stringContaining('not a JSON object'), expect.stringContaining('moved')])
  })

  test('that is to be continued ends without white space', async () => {
    const { body } = await send({ messages: [hello, { role: 'assistant', text: 'Once upon \n' }] })
    expect(body.messages).toMatchObject([{}, { role: 'assistant', content: [{ text: 'Once upon' }] }])
  })
})

describe('the output limit', () => {
  test.each([
    [{ maxTokens: 7, defaults: { max_tokens: 8 } }, { maxOutputTokens: 9 }, 7],
    [{ defaults: { max_tokens: 8 } }, { maxOutputTokens: 9 }, 8],
    [{}, { maxOutputTokens: 9 }, 9],
    [{ model: MODERN }, {}, 64_000],
    [{ model: 'claude-opus-4-1-20250805' }, {}, 32_000],
    [{ model: 'claude-3-haiku-20240307' }, {}, 4_096],
  ])('of %j with %j is %i', async (call, settings, expected) => {
    const { body, warnings } = await send(call, settings)
    expect(body.max_tokens).toBe(expected)
    expect(warnings).toEqual([])
  })

  test('of a model that is not known is small, and told', async () => {
    const { body, warnings } = await send({ model: 'house-model' })
    expect(body.max_tokens).toBe(4_096)
    expect(warnings).toEqual([expect.stringContaining('ends after 4096 tokens')])
  })
})

describe('tools', () => {
  const look = {
    name: 'look',
    description: 'Looks.',
    parameters: { type: 'object', properties: { at: { type: 'string' } } },
  }

  test('are given with their schema', async () => {
    const { body } = await send({
      tools: [look, { name: 'wait' }],
      defaults: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    })
    expect(body.tools).toEqual([
      { type: 'web_search_20250305', name: 'web_search' },
      { name: 'look', description: 'Looks.', input_schema: look.parameters },
      { name: 'wait', input_schema: { type: 'object', properties: {} } },
    ])
    expect(body.tool_choice).toBeUndefined()
  })

  test('are strict where the model takes their schema so', async () => {
    const strict = { ...look, strict: true }
    const open = { name: 'note', parameters: { type: 'object' }, strict: true }
    const { body, warnings } = await send({ tools: [strict, open] })
    expect(body.tools).toMatchObject([
      { strict: true, input_schema: { additionalProperties: false } },
      { name: 'note' },
    ])
    expect(warnings).toEqual([expect.stringContaining('not strict')])
  })

  test.each([
    ['auto', undefined, { type: 'auto' }],
    ['required', undefined, { type: 'any' }],
    ['none', false, { type: 'none' }],
    [{ name: 'look' }, false, { type: 'tool', name: 'look', disable_parallel_tool_use: true }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [undefined, true, undefined],
  ] as const)('choice %j, parallel %j', async (toolChoice, parallelToolCalls, expected) => {
    const { body } = await send({ tools: [look], toolChoice, parallelToolCalls })
    expect(body.tool_choice).toEqual(expected)
  })

  test('a choice without tools is left out', async () => {
    expect((await send({ toolChoice: 'none', parallelToolCalls: false })).body.tool_choice).toBeUndefined()
  })

  test.each(['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1'])('%s cannot be forced', async (model) => {
    const { body, warnings } = await send({ model, tools: [look], toolChoice: 'required' })
    expect(body.tool_choice).toEqual({ type: 'auto' })
    expect(warnings).toEqual([`${model} cannot be made to call a tool; it was left to decide.`])
  })
})

describe('a form of output', () => {
  const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } }, required: ['age'] }
  const output = { type: 'schema', name: 'person', schema } as const

  test('is held to by newer models themselves', async () => {
    const { body, warnings } = await send({ output, defaults: { output_config: { effort: 'low' } } })
    expect(body.output_config).toEqual({
      effort: 'low',
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { age: { type: 'integer', description: 'minimum: 0' } },
          required: ['age'],
          additionalProperties: false,
        },
      },
    })
    expect(body.tools).toBeUndefined()
    expect(warnings).toEqual([])
  })

  test.each([
    ['an older model', { model: 'claude-3-5-haiku-20241022', output }, {}],
    ['the configuration', { output }, { structuredOutput: 'tool' }],
    ['a schema the decoder does not take', { output: { ...output, schema: { type: 'object' } } }, {}],
    ['any JSON object', { output: { type: 'json' } }, {}],
  ] as const)('is the input of a forced tool for %s', async (_, call, settings) => {
    const { body } = await send(call, settings)
    const input_schema = call.output.type === 'json' ? { type: 'object' } : call.output.schema
    expect(body.tools).toEqual([{ name: 'json', description: expect.any(String), input_schema }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'json', disable_parallel_tool_use: true })
    expect(body.output_config).toBeUndefined()
  })

  test('by a tool leaves the choice between it and the tools of the call', async () => {
    const { body } = await send({ output, tools: [{ name: 'json' }] }, { structuredOutput: 'tool' })
    expect(body.tools).toMatchObject([{ name: 'json' }, { name: 'json_answer' }])
    expect(body.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true })
  })

  test('is told in words where neither can be done', async () => {
    const { body } = await send({
      model: 'claude-opus-5-5',
      messages: [{ role: 'system', text: 'Be brief.' }, hello],
      output: { type: 'json' },
    })
    expect(body.system).toMatch(/^Be brief\.\n\nAnswer with one JSON object/)
    expect(body.tools).toBeUndefined()
  })
})

describe('reasoning', () => {
  test.each([
    [MODERN, 'high', { type: 'adaptive', display: 'summarized' }, 'high', 0],
    [MODERN, 'minimal', { type: 'adaptive', display: 'summarized' }, 'low', 1],
    [MODERN, 'none', { type: 'disabled' }, undefined, 0],
    ['claude-sonnet-5-5', 'none', { type: 'between_tools' }, undefined, 0],
    ['claude-opus-5-5', 'none', undefined, 'low', 1],
    ['claude-opus-4-8', 'none', undefined, undefined, 0],
    ['claude-opus-4-6', 'max', { type: 'adaptive' }, 'max', 0],
    ['claude-opus-4-6', 'xhigh', { type: 'adaptive' }, 'high', 1],
    ['claude-haiku-4-5', 'low', { type: 'enabled', budget_tokens: 4_096 }, undefined, 0],
    ['claude-3-7-sonnet-20250219', 'none', undefined, undefined, 0],
    ['claude-3-haiku-20240307', 'high', undefined, undefined, 1],
  ] as const)('of %s, %s', async (model, effort, thinking, wireEffort, warned) => {
    const { body, warnings } = await send({ model, reasoning: effort })
    expect(body.thinking).toEqual(thinking)
    expect(body.output_config).toEqual(wireEffort && { effort: wireEffort })
    expect(warnings).toHaveLength(warned)
  })

  test('by a budget leaves room for the answer, or is left out', async () => {
    expect((await send({ reasoning: 'high', maxTokens: 4_000 })).body.thinking).toMatchObject({ budget_tokens: 2_976 })
    const { body, warnings } = await send({ reasoning: 'high', maxTokens: 2_000 })
    expect(body.thinking).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('2000 output tokens')])
  })

  test('is as the record of the model has it where the call says nothing', async () => {
    const thinking = { type: 'enabled', budget_tokens: 2_000 }
    expect((await send({ defaults: { thinking } })).body.thinking).toEqual(thinking)
  })

  test('gives way to a forced tool where both cannot be', async () => {
    const tools = [{ name: 'look' }]
    const { body, warnings } = await send({ reasoning: 'high', tools, toolChoice: 'required' })
    expect(body).toMatchObject({ tool_choice: { type: 'any' } })
    expect(body.thinking).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('made to call a tool')])
    expect((await send({ model: MODERN, reasoning: 'high', tools, toolChoice: 'required' })).warnings).toEqual([])
  })

  const thinking = [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }]
  const afterTools = (opaque?: Record<string, unknown>): TextMessage[] => [
    hello,
    { role: 'assistant', text: 'Wait.', toolCalls: [{ id: 'a', name: 'look', arguments: '{}' }], opaque },
    { role: 'tool', callId: 'a', content: [{ type: 'text', text: 'seen' }] },
  ]

  test('comes back where it stood', async () => {
    const { body } = await send({ messages: afterTools({ model: OLD, thinking }), reasoning: 'low' })
    expect(body.messages).toMatchObject([{}, { content: [thinking[0], { type: 'text' }, { type: 'tool_use' }] }, {}])
    expect(body.thinking).toMatchObject({ type: 'enabled' })
    const between = { model: 'claude-sonnet-4-5', thinking, places: [[5, 0]] }
    expect((await send({ messages: afterTools(between) })).body.messages).toMatchObject([
      {},
      { content: [{ type: 'text' }, thinking[0], { type: 'tool_use' }] },
      {},
    ])
  })

  test('of another model does not come back, because its signature would be refused', async () => {
    const opaque = { model: MODERN, thinking }
    const { body, warnings } = await send({ messages: afterTools(opaque), reasoning: 'low' })
    expect(JSON.stringify(body.messages)).not.toContain('c2ln')
    expect(body.thinking).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('thoughts behind the tool calls have not come back')])
  })

  test('that is adaptive goes on without what has not come back', async () => {
    const { body, warnings } = await send({ model: MODERN, messages: afterTools(), reasoning: 'low' })
    expect(body.thinking).toMatchObject({ type: 'adaptive' })
    expect(warnings).toEqual([])
  })
})

describe('sampling', () => {
  test.each([
    [OLD, { temperature: 0.3 }, { temperature: 0.3 }, 0],
    [OLD, { temperature: 1.7 }, { temperature: 1 }, 1],
    [OLD, { topP: 0.9 }, { top_p: 0.9 }, 0],
    [OLD, { temperature: 0.3, topP: 0.9 }, { temperature: 0.3 }, 1],
    [OLD, { temperature: 0.3, defaults: { top_p: 0.9 } }, { temperature: 0.3 }, 1],
    ['claude-3-5-sonnet-20241022', { temperature: 0.3, topP: 0.9 }, { temperature: 0.3, top_p: 0.9 }, 0],
    [MODERN, { temperature: 0.3, topP: 0.9, defaults: { top_k: 5 } }, {}, 3],
    [MODERN, { temperature: 1, topP: 1 }, {}, 0],
    [OLD, { temperature: 0.3, reasoning: 'low', defaults: { top_k: 5 } }, {}, 2],
    [OLD, { topP: 0.9, reasoning: 'low' }, {}, 1],
    [OLD, { topP: 0.96, reasoning: 'low' }, { top_p: 0.96 }, 0],
    ['claude-opus-4-6', { temperature: 0.3 }, { temperature: 0.3 }, 0],
  ] as const)('of %s, %j', async (model, call, expected, warned) => {
    const { body, warnings } = await send({ model, ...call })
    const { temperature, top_p, top_k } = body
    expect({ temperature, top_p, top_k }).toEqual(expected)
    expect(warnings).toHaveLength(warned)
  })
})

test('stop sequences, the user and defaults', async () => {
  const { body, warnings } = await send({
    stop: ['END', '\n'],
    user: 'u-1',
    defaults: { metadata: { team: 'x' }, service_tier: 'auto', stream: true },
  })
  expect(body).toMatchObject({ stop_sequences: ['END'], metadata: { team: 'x', user_id: 'u-1' }, service_tier: 'auto' })
  expect(body.stream).toBeUndefined()
  expect(warnings).toEqual([expect.stringContaining('white space')])
})

test('what Anthropic does not know is told', async () => {
  const { body, warnings } = await send({ seed: 0, presencePenalty: 1, frequencyPenalty: 0.5 })
  expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages'])
  expect(warnings).toEqual([
    'Anthropic takes no seed; it was left out.',
    'Anthropic takes no presence penalty; it was left out.',
    'Anthropic takes no frequency penalty; it was left out.',
  ])
})
