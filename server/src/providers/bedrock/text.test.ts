import { describe, expect, test } from 'vitest'
import type { TextCall, TextPart } from '../../core/text.ts'
import { bedrock } from '../bedrock.ts'
import { errorFrame, eventFrame, eventFrames, exceptionFrame, KEYS } from '../shared/aws/testing.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const CALL: TextCall = { model: CLAUDE, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }
const WEATHER = { name: 'weather', parameters: { type: 'object', properties: {} } }
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

const whole = (over: Record<string, unknown> = {}): Scripted => ({
  body: {
    output: { message: { role: 'assistant', content: [{ text: 'hello' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
    ...over,
  },
})

const connect = (answers: Scripted[], over = {}) =>
  connectTo(answers, { provider: 'bedrock', credential: KEYS, region: 'us-east-1', ...over })

async function ask(call: Partial<TextCall>, settings = {}) {
  const connection = connect([whole()], { settings })
  const result = await bedrock.text!.generate({ ...CALL, ...call }, connection)
  return { body: connection.lastJson(), warnings: result.warnings }
}

const stream = (...frames: Buffer[]) => collect(bedrock.text!.stream(CALL, connect([{ body: Buffer.concat(frames) }])))

const DELTA = eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hel' }, p: 'abcdefgh' })
const STOP = eventFrame('messageStop', { stopReason: 'end_turn', p: 'ab' })

describe('a request', () => {
  test('goes to the model by its encoded id, signed', async () => {
    const connection = connect([whole()], { baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com' })
    await bedrock.text!.generate(CALL, connection)
    const { url, headers, method } = connection.sent[0]!
    expect(method).toBe('POST')
    expect(url).toBe(`https://bedrock-runtime.us-east-1.amazonaws.com/model/${encodeURIComponent(CLAUDE)}/converse`)
    expect(headers!.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\//)
  })

  test('says what Converse does not take', async () => {
    const { body, warnings } = await ask({
      seed: 1,
      presencePenalty: 1,
      frequencyPenalty: 1,
      user: 'u',
      temperature: 2,
    })
    expect(body.inferenceConfig).toEqual({ temperature: 1 })
    expect(warnings).toEqual([
      'The temperature was lowered from 2 to 1, which is the highest.',
      'Converse takes no seed; it was left out.',
      'Converse takes no presence penalty; it was left out.',
      'Converse takes no frequency penalty; it was left out.',
      'Converse takes no name of an end user; it was left out.',
    ])
  })

  test('takes Converse’s own fields from the defaults, the call before them', async () => {
    const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1' }
    const { body } = await ask({
      maxTokens: 10,
      defaults: {
        guardrailConfig,
        inferenceConfig: { maxTokens: 99, topP: 0.5 },
        additionalModelRequestFields: { top_k: 5 },
      },
    })
    expect(body).toMatchObject({
      guardrailConfig,
      inferenceConfig: { maxTokens: 10, topP: 0.5 },
      additionalModelRequestFields: { top_k: 5 },
    })
  })

  test('has no pictures but those in a format that Converse names', async () => {
    const picture = { base64: 'AA==', mediaType: 'image/tiff' }
    const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, picture }] }]
    await expect(ask({ messages })).rejects.toMatchObject({ code: 'invalid_input', delivered: false })
  })
})

describe('tools', () => {
  const history: TextCall['messages'] = [
    ...CALL.messages,
    { role: 'assistant', text: '', toolCalls: [{ id: 'c', name: 'weather', arguments: '{"city":"Rome"}' }] },
    { role: 'tool', callId: 'c', content: [{ type: 'text', text: 'sunny' }] },
  ]

  test.each([
    ['required', { any: {} }],
    [{ name: 'weather' }, { tool: { name: 'weather' } }],
    ['auto', { auto: {} }],
    [undefined, undefined],
  ] as const)('the choice %j', async (toolChoice, wire) => {
    const { body } = await ask({ tools: [WEATHER], toolChoice })
    expect((body.toolConfig as { toolChoice?: unknown }).toolChoice).toEqual(wire)
  })

  test('a model that cannot be forced is left to decide, and that is told', async () => {
    const model = 'qwen.qwen3-235b-a22b-2507-v1:0'
    const { body, warnings } = await ask({ model, tools: [WEATHER], toolChoice: 'required' })
    expect(body.toolConfig).not.toHaveProperty('toolChoice')
    expect(warnings).toEqual([`${model} cannot be made to call a tool; it was left to decide.`])
  })

  test('the choice none leaves them out', async () => {
    const { body, warnings } = await ask({ tools: [WEATHER], toolChoice: 'none' })
    expect(body).not.toHaveProperty('toolConfig')
    expect(warnings).toEqual([])
  })

  test.each([{ tools: [WEATHER], toolChoice: 'none' as const }, {}])(
    'those that the conversation has called are sent in any case, %j',
    async (call) => {
      const { body, warnings } = await ask({ ...call, messages: history })
      const { tools } = body.toolConfig as { tools: { toolSpec: { name: string } }[] }
      expect(tools.map(({ toolSpec }) => toolSpec.name)).toEqual(['weather'])
      expect(warnings).toEqual([expect.stringContaining('because Converse refuses their calls without them') as string])
    },
  )

  test('calls and results are blocks of the two sides', async () => {
    const { body } = await ask({ messages: history, tools: [WEATHER] })
    expect((body.messages as unknown[]).slice(1)).toEqual([
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'c', name: 'weather', input: { city: 'Rome' } } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'c', content: [{ text: 'sunny' }] } }] },
    ])
  })
})

describe('a form of output', () => {
  const output = { type: 'schema' as const, name: 'x', schema: SCHEMA }
  const native = (body: Record<string, unknown>) => {
    const { textFormat } = (body.outputConfig ?? {}) as {
      textFormat?: { structure: { jsonSchema: { schema: string } } }
    }
    return textFormat && (JSON.parse(textFormat.structure.jsonSchema.schema) as unknown)
  }

  test.each(['anthropic.claude-sonnet-4-6', 'global.amazon.nova-2-lite-v1:0'])(
    '%s is made to call a tool',
    async (model) => {
      const { body } = await ask({ model, output })
      expect(body.toolConfig).toMatchObject({ toolChoice: { tool: { name: 'json' } } })
      expect(native(body)).toBeUndefined()
    },
  )

  test('a model that cannot be forced is held to the schema by its decoder', async () => {
    const { body } = await ask({ model: 'qwen.qwen3-235b-a22b-2507-v1:0', output })
    expect(native(body)).toEqual(SCHEMA)
    expect(body).not.toHaveProperty('toolConfig')
  })

  test('a model with neither is told in words', async () => {
    const { body } = await ask({ model: 'meta.llama3-1-70b-instruct-v1:0', output })
    expect(JSON.stringify(body.system)).toContain('JSON Schema')
    expect(body).not.toHaveProperty('toolConfig')
  })

  test('the configuration decides for the decoder', async () => {
    const { body } = await ask({ output }, { structuredOutput: 'native' })
    expect(native(body)).toEqual(SCHEMA)
    expect(body).not.toHaveProperty('toolConfig')
  })
})

describe('reasoning', () => {
  test('a Claude with a budget gets one, and the limit that it is part of', async () => {
    const { body } = await ask({ reasoning: 'low' })
    expect(body.additionalModelRequestFields).toEqual({ thinking: { type: 'enabled', budget_tokens: 4096 } })
    expect(body.inferenceConfig).toEqual({ maxTokens: 64_000 })
  })

  test('an adaptive Claude gets an effort', async () => {
    const { body } = await ask({ model: 'anthropic.claude-sonnet-4-6', reasoning: 'high' })
    expect(body.additionalModelRequestFields).toEqual({ thinking: { type: 'adaptive' } })
    expect(body.outputConfig).toEqual({ effort: 'high' })
  })

  test('Nova 2 gets an effort, and at the highest neither limit nor temperature', async () => {
    const { body, warnings } = await ask({
      model: 'amazon.nova-2-lite-v1:0',
      reasoning: 'xhigh',
      temperature: 0.5,
      maxTokens: 9,
      stop: ['x'],
    })
    expect(body.additionalModelRequestFields).toEqual({
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' },
    })
    expect(body.inferenceConfig).toEqual({ stopSequences: ['x'] })
    expect(warnings).toHaveLength(3)
  })

  test('gpt-oss gets an effort, other models a warning', async () => {
    const { body } = await ask({ model: 'openai.gpt-oss-120b-1:0', reasoning: 'medium' })
    expect(body.additionalModelRequestFields).toEqual({ reasoning_effort: 'medium' })
    const other = await ask({ model: 'meta.llama3-1-70b-instruct-v1:0', reasoning: 'medium' })
    expect(other.body).not.toHaveProperty('additionalModelRequestFields')
    expect(other.warnings).toHaveLength(1)
  })

  test('signed thoughts come back into their place', async () => {
    const blocks = [
      { reasoningContent: { reasoningText: { text: 'first', signature: 's1' } } },
      { text: 'so ' },
      { reasoningContent: { redactedContent: 'AAAA' } },
      { toolUse: { toolUseId: 't', name: 'weather', input: { a: 1 } } },
    ]
    const answer = whole({ output: { message: { role: 'assistant', content: blocks } }, stopReason: 'tool_use' })
    const { text, toolCalls, opaque, reasoning } = await bedrock.text!.generate(CALL, connect([answer]))
    expect(reasoning).toBe('first')
    const message = { role: 'assistant' as const, text, toolCalls, opaque }
    const again = await ask({ messages: [...CALL.messages, message], tools: [WEATHER] })
    expect((again.body.messages as { content: unknown }[])[1]!.content).toEqual([
      blocks[0],
      { text: 'so ' },
      blocks[2],
      blocks[3],
    ])
    const other = await ask({
      model: 'anthropic.claude-opus-4-6',
      messages: [...CALL.messages, message],
      tools: [WEATHER],
    })
    expect(JSON.stringify(other.body.messages)).not.toContain('reasoningContent')
  })
})

describe('an answer', () => {
  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['something_new', 'other'],
  ])('that ends with %s ends with %s', async (stopReason, reason) => {
    const result = await bedrock.text!.generate(CALL, connect([whole({ stopReason })]))
    expect(result).toMatchObject({ text: 'hello', reason, raw: stopReason })
  })

  test.each([
    ['guardrail_intervened', 'content_policy'],
    ['content_filtered', 'content_policy'],
    ['model_context_window_exceeded', 'invalid_input'],
    ['malformed_model_output', 'invalid_output'],
    ['malformed_tool_use', 'invalid_output'],
  ])('that is empty and ends with %s is a %s', async (stopReason, code) => {
    const answer = whole({ stopReason, output: { message: { role: 'assistant', content: [] } } })
    await expect(bedrock.text!.generate(CALL, connect([answer]))).rejects.toMatchObject({
      code,
      upstreamCode: stopReason,
    })
    const frames = [eventFrames([{ messageStart: { role: 'assistant' } }, { messageStop: { stopReason } }])]
    await expect(stream(...frames)).rejects.toMatchObject({ code, upstreamCode: stopReason })
  })

  test('counts what came from and went to the cache as input', async () => {
    const usage = { inputTokens: 5, outputTokens: 2, cacheReadInputTokens: 100, cacheWriteInputTokens: 20 }
    const result = await bedrock.text!.generate(CALL, connect([whole({ usage })]))
    expect(result.usage).toEqual({ inputTokens: 125, cachedInputTokens: 100, cacheWriteTokens: 20, outputTokens: 2 })
  })

  test('that is no message is not understood', async () => {
    for (const body of ['<html>', '{}', '[]'])
      await expect(bedrock.text!.generate(CALL, connect([{ body }]))).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('a stream', () => {
  const textOf = (parts: TextPart[]) => parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')

  test('without usage is whole, and its usage is not known', async () => {
    const parts = await stream(DELTA, STOP)
    expect(textOf(parts)).toBe('hel')
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', usage: {} })
  })

  test.each([
    ['throttlingException', 'rate_limit'],
    ['serviceUnavailableException', 'overloaded'],
    ['internalServerException', 'upstream_error'],
    ['modelStreamErrorException', 'upstream_error'],
    ['modelTimeoutException', 'timeout'],
    ['validationException', 'invalid_input'],
    ['unheardOfException', 'upstream_error'],
  ])('that breaks off with %s is a %s', async (name, code) => {
    await expect(stream(DELTA, exceptionFrame(name, { message: 'said' }))).rejects.toMatchObject({
      code,
      upstreamCode: name,
      message: 'bedrock: said',
    })
  })

  test('that breaks off with an error of no kind says what it says', async () => {
    await expect(stream(DELTA, errorFrame('InternalFailure', 'went away'))).rejects.toMatchObject({
      code: 'upstream_error',
      upstreamCode: 'InternalFailure',
      message: 'bedrock: went away',
    })
  })

  test('passes over events that are not known or not JSON', async () => {
    const parts = await stream(
      eventFrame('newEvent', { a: 1 }),
      eventFrame('contentBlockDelta', Buffer.from('?')),
      DELTA,
      STOP,
    )
    expect(textOf(parts)).toBe('hel')
  })

  test('fails where one is damaged', async () => {
    const damaged = stream(DELTA, eventFrame('contentBlockDelta', Buffer.from('{')), STOP)
    await expect(damaged).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test('with a tool of the provider’s own shows no call of it', async () => {
    const toolUse = { toolUseId: 't', name: 'nova_grounding', type: 'server_tool_use' }
    const parts = await stream(
      eventFrame('contentBlockStart', { contentBlockIndex: 0, start: { toolUse } }),
      eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } }),
      eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
      eventFrame('contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'found' } }),
      STOP,
    )
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'finish'])
  })

  test('whose connection breaks after its end is whole, before it is not', async () => {
    async function* broken(...frames: Buffer[]) {
      yield* frames
      throw new Error('reset')
    }
    const read = (...frames: Buffer[]) => collect(bedrock.text!.stream(CALL, connect([{ body: broken(...frames) }])))
    expect(textOf(await read(DELTA, STOP))).toBe('hel')
    await expect(read(DELTA)).rejects.toThrow('reset')
  })

  test('that nobody reads on is cut', async () => {
    const connection = connect([{ body: Buffer.concat([DELTA, DELTA, STOP]) }])
    for await (const _ of bedrock.text!.stream(CALL, connection)) break
    expect(connection.sent[0]!.signal!.aborted).toBe(true)
  })
})
