import { describe, expect, test } from 'vitest'
import { TurnoutError } from '../../core/error.ts'
import type { TextCall, TextMessage } from '../../core/text.ts'
import { google } from '../google.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'

const user = (text: string): TextMessage => ({ role: 'user', content: [{ type: 'text', text }] })
const ask = (overrides: Partial<TextCall> = {}): TextCall => ({
  model: 'gemini-3.8-flash',
  messages: [user('hello')],
  ...overrides,
})

const answer = (parts: unknown[], finishReason: string | null = 'STOP', rest: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  responseId: 'r1',
  ...rest,
})
const HELLO = answer([{ text: 'hello' }])
const sse = (...chunks: unknown[]) =>
  chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('')

const generate = (body: Scripted['body'], call = ask()) => google.text!.generate(call, connectTo([{ body }]))
const stream = (body: Scripted['body'], call = ask()) => collect(google.text!.stream(call, connectTo([{ body }])))

async function sent(call: TextCall): Promise<{ body: Record<string, unknown>; warnings: string[] }> {
  const connection = connectTo([{ body: HELLO }])
  const { warnings } = await google.text!.generate(call, connection)
  return { body: connection.lastJson(), warnings }
}

describe('addresses', () => {
  test.each([
    ['https://provider.example', 'gemini-3.8-flash', 'https://provider.example/v1beta/models/gemini-3.8-flash:'],
    ['https://provider.example/v1', 'tunedModels/mine', 'https://provider.example/v1/tunedModels/mine:'],
    ['https://provider.example/v1alpha', 'a?b', 'https://provider.example/v1alpha/models/a%3Fb:'],
  ])('%s and %s', async (baseUrl, model, wanted) => {
    const connection = connectTo([{ body: HELLO }], { baseUrl })
    await google.text!.generate(ask({ model }), connection)
    expect(connection.sent[0]!.url).toBe(`${wanted}generateContent`)
    expect(connection.sent[0]!.headers).toMatchObject({ 'x-goog-api-key': 'secret-credential' })
  })

  test.each(['..', 'models/../../files', '/'])('the name %j leads nowhere', async (model) => {
    const connection = connectTo([])
    await expect(google.text!.generate(ask({ model }), connection)).rejects.toMatchObject({
      code: 'model_not_found',
    })
    expect(connection.sent).toEqual([])
  })
})

describe('conversations', () => {
  const tools = [{ name: 'look', parameters: { type: 'object' } }]
  const called = (opaque?: Record<string, unknown>): TextMessage[] => [
    user('hello'),
    {
      role: 'assistant',
      text: '',
      toolCalls: [
        { id: 'a', name: 'look', arguments: '{}', opaque },
        { id: 'b', name: 'look', arguments: '' },
      ],
    },
  ]
  const signatures = (body: Record<string, unknown>) =>
    (body.contents as { parts: { thoughtSignature?: string }[] }[])[1]!.parts.map((part) => part.thoughtSignature)

  test('a signature comes back, and the one that a history lacks is stood in for', async () => {
    const signed = await sent(ask({ messages: called({ thoughtSignature: 'c2ln' }), tools }))
    expect(signatures(signed.body)).toEqual(['c2ln', undefined])
    const unsigned = await sent(ask({ messages: called(), tools }))
    expect(signatures(unsigned.body)).toEqual(['skip_thought_signature_validator', undefined])
    const older = await sent(ask({ model: 'gemini-2.5-flash', messages: called(), tools }))
    expect(signatures(older.body)).toEqual([undefined, undefined])
  })

  test('what goes out with a call is what comes back for the next one', async () => {
    const parts = [
      { functionCall: { name: 'look', args: { x: 1 } }, thoughtSignature: 'c2ln' },
      { functionCall: { id: 'own', name: 'look' } },
    ]
    const { toolCalls, reason } = await generate(answer(parts))
    expect(reason).toBe('tool-calls')
    expect(toolCalls).toEqual([
      { id: 'r1-0', name: 'look', arguments: '{"x":1}', opaque: { thoughtSignature: 'c2ln' } },
      { id: 'own', name: 'look', arguments: '{}', opaque: undefined },
    ])
    const { body } = await sent(ask({ messages: [user('hello'), { role: 'assistant', text: '', toolCalls }] }))
    expect((body.contents as { parts: unknown }[])[1]!.parts).toEqual([
      { functionCall: { id: 'r1-0', name: 'look', args: { x: 1 } }, thoughtSignature: 'c2ln' },
      { functionCall: { id: 'own', name: 'look', args: {} } },
    ])
  })

  test('results stand together, and pictures inside them since Gemini 3', async () => {
    const picture = { base64: 'AA==', mediaType: 'image/png' }
    const messages: TextMessage[] = [
      ...called(),
      {
        role: 'tool',
        callId: 'a',
        content: [
          { type: 'text', text: '1' },
          { type: 'image', picture },
        ],
      },
      { role: 'tool', callId: 'b', content: [{ type: 'text', text: '2' }] },
      user('go on'),
    ]
    const part = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    const result = (id: string, output: string, parts?: unknown[]) => ({
      functionResponse: { id, name: 'look', response: { output }, ...(parts && { parts }) },
    })
    const contents = async (model: string) => (await sent(ask({ model, messages }))).body.contents as unknown[]
    const newer = await contents('gemini-3.8-flash')
    expect(newer).toHaveLength(4)
    expect(newer[2]).toEqual({ role: 'user', parts: [result('a', '1', [part]), result('b', '2')] })
    const older = await contents('gemini-2.5-flash')
    expect(older[2]).toEqual({ role: 'user', parts: [result('a', '1'), part, result('b', '2')] })
  })

  test('a result without its call, or arguments that are no object, are refused before anything is sent', async () => {
    const connection = connectTo([])
    const orphan: TextMessage[] = [user('hello'), { role: 'tool', callId: 'x', content: [] }]
    await expect(google.text!.generate(ask({ messages: orphan }), connection)).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'messages[1].tool_call_id',
    })
    const toolCalls = [{ id: 'a', name: 'look', arguments: '[1' }]
    const broken: TextMessage[] = [{ role: 'assistant', text: '', toolCalls }]
    await expect(google.text!.generate(ask({ messages: broken }), connection)).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'messages[0].tool_calls',
    })
    const linked: TextMessage[] = [
      { role: 'user', content: [{ type: 'image', picture: { url: 'https://example.com/a.png' } }] },
    ]
    await expect(google.text!.generate(ask({ messages: linked }), connection)).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(connection.sent).toEqual([])
  })

  test('system messages become one instruction', async () => {
    const messages: TextMessage[] = [{ role: 'system', text: 'A' }, user('hello'), { role: 'system', text: 'B' }]
    const { body, warnings } = await sent(ask({ messages }))
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'A' }, { text: 'B' }] })
    expect(body.contents).toHaveLength(1)
    expect(warnings).toEqual(['System messages within the conversation were moved to its beginning.'])
  })
})

describe('settings', () => {
  test.each([
    ['gemini-3.8-flash', 'minimal', { thinkingLevel: 'MINIMAL', includeThoughts: true }, false],
    ['gemini-3.8-flash', 'none', { thinkingLevel: 'MINIMAL' }, true],
    ['gemini-3.8-flash', 'max', { thinkingLevel: 'HIGH', includeThoughts: true }, true],
    ['gemini-3.1-pro-preview', 'minimal', { thinkingLevel: 'LOW', includeThoughts: true }, true],
    ['gemini-flash-latest', 'high', { thinkingLevel: 'HIGH', includeThoughts: true }, false],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }, false],
    ['gemini-2.5-flash', 'low', { thinkingBudget: 1024, includeThoughts: true }, false],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }, true],
    ['gemini-2.5-pro', 'xhigh', { thinkingBudget: 24_576, includeThoughts: true }, true],
    ['gemini-2.0-flash', 'high', undefined, true],
    ['gemma-3-27b-it', 'high', undefined, true],
  ] as const)('%s with effort %s', async (model, reasoning, thinkingConfig, warns) => {
    const { body, warnings } = await sent(ask({ model, reasoning }))
    expect((body.generationConfig as { thinkingConfig?: unknown } | undefined)?.thinkingConfig).toEqual(thinkingConfig)
    expect(warnings).toHaveLength(warns ? 1 : 0)
  })

  test('a form beside tools: native since Gemini 3, in words before', async () => {
    const call = { output: { type: 'json' as const }, tools: [{ name: 'look' }] }
    const newer = await sent(ask(call))
    expect(newer.body.generationConfig).toEqual({ responseMimeType: 'application/json' })
    expect(newer.warnings).toEqual([])
    const older = await sent(ask({ ...call, model: 'gemini-2.5-flash' }))
    expect(older.body.generationConfig).toBeUndefined()
    expect(older.body.systemInstruction).toEqual({ parts: [{ text: 'Answer with a JSON object and nothing else.' }] })
    expect(older.warnings).toHaveLength(1)
  })

  test.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [{ name: 'look' }, { mode: 'ANY', allowedFunctionNames: ['look'] }],
  ] as const)('the choice %j', async (toolChoice, functionCallingConfig) => {
    const { body } = await sent(ask({ toolChoice, tools: [{ name: 'look' }] }))
    expect(body.toolConfig).toEqual({ functionCallingConfig })
    expect((await sent(ask({ toolChoice }))).body).not.toHaveProperty('toolConfig')
  })

  test('strict tools are held to their schemas where that can be', async () => {
    const tools = [{ name: 'look', strict: true }]
    expect((await sent(ask({ tools }))).body.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
    const older = await sent(ask({ tools, model: 'gemini-2.5-flash' }))
    expect(older.body).not.toHaveProperty('toolConfig')
    expect(older.warnings).toHaveLength(1)
  })

  test('defaults show through, and the call wins', async () => {
    const defaults = { topK: 5, temperature: 1, generationConfig: { topP: 0.1 }, safetySettings: [{ category: 'X' }] }
    const { body } = await sent(ask({ defaults, temperature: 0 }))
    expect(body).toMatchObject({
      generationConfig: { topK: 5, temperature: 0, topP: 0.1 },
      safetySettings: [{ category: 'X' }],
    })
  })

  test('what is too much is cut, and said', async () => {
    const { body, warnings } = await sent(ask({ stop: ['1', '2', '3', '4', '5', '6'], seed: 2 ** 40, user: 'u' }))
    expect(body.generationConfig).toEqual({ stopSequences: ['1', '2', '3', '4', '5'] })
    expect(warnings).toHaveLength(3)
  })
})

describe('ends', () => {
  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['IMAGE_SAFETY', 'content-filter'],
    ['OTHER', 'error'],
    ['MALFORMED_FUNCTION_CALL', 'error'],
    ['SOMETHING_NEW', 'other'],
    ['constructor', 'other'],
  ])('%s after some text is %s', async (raw, reason) => {
    const body = answer([{ text: 'so far' }], raw)
    await expect(generate(body)).resolves.toMatchObject({ text: 'so far', reason, raw })
    expect((await stream(sse(body))).at(-1)).toMatchObject({ type: 'finish', reason, raw })
  })

  test.each([
    ['SAFETY', 'content_policy'],
    ['PROHIBITED_CONTENT', 'content_policy'],
    ['SPII', 'content_policy'],
    ['LANGUAGE', 'content_policy'],
    ['OTHER', 'upstream_error'],
    ['MALFORMED_FUNCTION_CALL', 'invalid_output'],
    ['UNEXPECTED_TOOL_CALL', 'invalid_output'],
    ['TOO_MANY_TOOL_CALLS', 'invalid_output'],
    ['MALFORMED_RESPONSE', 'invalid_output'],
  ])('%s without an answer is %s', async (raw, code) => {
    const wanted = { code, upstreamCode: raw, upstreamRequestId: 'r1' }
    await expect(generate(answer([], raw))).rejects.toMatchObject(wanted)
    await expect(stream(sse(answer([{ text: 'hm', thought: true }], null), answer([], raw)))).rejects.toMatchObject(
      wanted,
    )
  })

  test.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'MODEL_ARMOR', 'JAILBREAK'])(
    'a prompt that is blocked for %s',
    async (blockReason) => {
      const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH' }]
      const body = { promptFeedback: { blockReason, blockReasonMessage: 'No.', safetyRatings }, responseId: 'r1' }
      const wanted = {
        code: 'content_policy',
        message: `provider refused the prompt (${blockReason}): No.`,
        upstreamCode: blockReason,
        upstreamRequestId: 'r1',
        details: { categories: ['HARM_CATEGORY_HARASSMENT'] },
      }
      await expect(generate(body)).rejects.toMatchObject(wanted)
      await expect(stream(sse(body))).rejects.toMatchObject(wanted)
    },
  )

  test('an answer without a candidate', async () => {
    await expect(generate({})).rejects.toMatchObject({ code: 'invalid_output' })
    await expect(generate('[]')).rejects.toMatchObject({ code: 'invalid_output' })
    await expect(stream('')).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('streams', () => {
  const begun = answer([{ text: 'hel' }], null)

  test('thoughts, text and usage', async () => {
    const usageMetadata = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 2,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 7 },
        { modality: 'IMAGE', tokenCount: 3 },
      ],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1 }],
    }
    const end = answer([{ text: 'lo' }], 'STOP', { usageMetadata })
    const parts = await stream(sse(answer([{ text: 'hm', thought: true }], null), begun, end))
    expect(parts).toEqual([
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'hel' },
      { type: 'text-delta', text: 'lo' },
      {
        type: 'finish',
        reason: 'stop',
        raw: 'STOP',
        usage: {
          inputTokens: 12,
          cachedInputTokens: 4,
          imageInputTokens: 3,
          outputTokens: 12,
          reasoningTokens: 7,
          imageOutputTokens: 1,
        },
        warnings: [],
        upstreamRequestId: 'r1',
        opaque: undefined,
      },
    ])
  })

  test('what is not counted stays unknown', async () => {
    expect((await generate(HELLO)).usage).toEqual({})
    expect((await generate(answer([{ text: 'a' }], 'STOP', { usageMetadata: { trafficType: 'X' } }))).usage).toEqual({})
  })

  test('a chunk that is no JSON is left out, a damaged one is not', async () => {
    expect(await stream(sse(begun, 'keep-alive', answer([{ text: 'lo' }])))).toHaveLength(3)
    const damaged = stream(sse(begun, '{"candidates":', answer([{ text: 'lo' }])))
    await expect(damaged).rejects.toMatchObject({ code: 'invalid_output' })
    await expect(stream(sse(begun, '{"candidates":'))).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test.each([
    ['as an event', sse({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } })],
    ['bare', '{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}'],
    ['in a list', sse([{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }])],
  ])('an error in the midst, %s', async (_, error) => {
    await expect(stream(sse(begun) + error)).rejects.toMatchObject({
      code: 'overloaded',
      message: 'provider: The model is overloaded.',
    })
  })

  async function* lostAfter(...chunks: unknown[]): AsyncIterable<Uint8Array> {
    yield Buffer.from(sse(...chunks))
    throw new TurnoutError('connection', 'provider closed the connection.')
  }

  test('a lost connection is told before the end, and is nothing after it', async () => {
    await expect(stream(lostAfter(begun))).rejects.toMatchObject({ code: 'connection' })
    expect((await stream(lostAfter(begun, HELLO))).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
  })

  test('arguments in pieces that have no place', async () => {
    const pieces = (jsonPath: string) =>
      sse(
        answer([{ functionCall: { name: 'look', willContinue: true } }], null),
        answer([{ functionCall: { partialArgs: [{ jsonPath, stringValue: 'x' }] } }]),
      )
    await expect(stream(pieces('$.a[3]'))).rejects.toMatchObject({ code: 'invalid_output' })
    await expect(stream(pieces('nothing'))).rejects.toMatchObject({ code: 'invalid_output' })
    const odd = await stream(pieces("$['__proto__']['it\\'s']"))
    expect(odd[1]).toMatchObject({ arguments: '{"__proto__":{"it\'s":"x"}}' })
  })

  test('a picture in a text is left out, and said', async () => {
    const { text, warnings } = await generate(answer([{ text: 'a' }, { inlineData: { data: 'AA==' } }]))
    expect({ text, warnings: warnings.length }).toEqual({ text: 'a', warnings: 1 })
  })
})
