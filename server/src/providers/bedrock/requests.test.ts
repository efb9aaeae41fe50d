import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EFFORTS, type TextCall, type TextMessage } from '../../core/text.ts'
import { bedrock } from '../bedrock.ts'
import { eventFrames, KEYS } from '../shared/aws/testing.ts'
import { BotocoreValidator, type SentRequest } from '../testing/botocore.ts'
import { collect, connectTo, type Sent } from '../testing/connection.ts'
import { readWire, wireFolder } from '../testing/wire.ts'

const MODELS = [
  'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'us.anthropic.claude-opus-5-5',
  'anthropic.claude-3-5-sonnet-20240620-v1:0',
  'global.amazon.nova-2-lite-v1:0',
  'qwen.qwen3-235b-a22b-2507-v1:0',
  'openai.gpt-oss-120b-1:0',
  'mistral.mistral-large-2402-v1:0',
  'meta.llama3-1-70b-instruct-v1:0',
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
]

const picture = fc.record({
  base64: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp'),
})
const text = fc.record({ type: fc.constant('text' as const), text: fc.string() })
const image = fc.record(
  { type: fc.constant('image' as const), picture, detail: fc.constantFrom('auto', 'high') },
  { requiredKeys: ['type', 'picture'] },
)
const content = fc.array(fc.oneof(text, image), { maxLength: 3 })
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
const thought = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: fc.base64String({ minLength: 4 }) }),
  fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String({ minLength: 4 }) }),
)
const toolCall = fc.record({
  id: fc.string({ minLength: 1, maxLength: 90 }),
  name,
  arguments: fc.oneof(
    fc.constantFrom('', 'no json', '[1]'),
    fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 })).map((args) => JSON.stringify(args)),
  ),
})

const turn = fc.oneof(
  content.map((said): TextMessage[] => [{ role: 'user', content: said }]),
  fc
    .record({
      said: fc.string(),
      calls: fc.array(toolCall, { maxLength: 3 }),
      results: content,
      thinking: fc.array(thought, { maxLength: 2 }),
    })
    .map(({ said, calls, results, thinking }): TextMessage[] => [
      { role: 'assistant', text: said, toolCalls: calls, opaque: { thinking } },
      ...calls.map(({ id }): TextMessage => ({ role: 'tool', callId: id, content: results })),
    ]),
  fc.string().map((said): TextMessage[] => [{ role: 'system', text: said }]),
)

const schema = fc.constantFrom<Record<string, unknown>>(
  { type: 'object', properties: { a: { type: 'string', minLength: 1 } }, required: ['a'] },
  { properties: {} },
  { type: 'array', items: { type: 'number' } },
)
const tool = fc.record(
  { name, description: fc.string(), parameters: schema, strict: fc.boolean() },
  { requiredKeys: ['name'] },
)

const textCall: fc.Arbitrary<TextCall> = fc.record(
  {
    model: fc.constantFrom(...MODELS),
    messages: fc
      .array(turn, { maxLength: 4 })
      .map((turns): TextMessage[] => [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }, ...turns.flat()]),
    tools: fc.array(tool, { maxLength: 3 }),
    toolChoice: fc.oneof(fc.constantFrom('auto' as const, 'none' as const, 'required' as const), fc.record({ name })),
    parallelToolCalls: fc.boolean(),
    output: fc.oneof(
      fc.constant({ type: 'json' as const }),
      fc.record({ type: fc.constant('schema' as const), name, schema }),
    ),
    maxTokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.array(fc.string(), { maxLength: 8 }),
    seed: fc.maxSafeInteger(),
    presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    reasoning: fc.constantFrom(...EFFORTS),
    user: fc.string(),
    defaults: fc.constantFrom<Record<string, unknown>>(
      { inferenceConfig: { maxTokens: 2000, temperature: 0.3 }, performanceConfig: { latency: 'optimized' } },
      {
        guardrailConfig: { guardrailIdentifier: 'abcdef123', guardrailVersion: 'DRAFT', trace: 'enabled' },
        additionalModelRequestFields: { top_k: 40, thinking: { type: 'enabled', budget_tokens: 2048 } },
      },
      {
        serviceTier: { type: 'flex' },
        outputConfig: { effort: 'low' },
        toolConfig: { tools: [{ cachePoint: { type: 'default' } }] },
        system: [{ text: 'be brief' }, { cachePoint: { type: 'default' } }],
      },
    ),
  },
  { requiredKeys: ['model', 'messages'] },
)

const END = [
  { messageStop: { stopReason: 'end_turn' } },
  { metadata: { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 1 } } },
]
const WHOLE = { output: { message: { role: 'assistant', content: [] } }, stopReason: 'end_turn', usage: {} }

const requestOf = ({ method = 'GET', url, headers = {}, body }: Sent): SentRequest => ({
  method,
  url,
  headers,
  body: JSON.parse(String(body)) as unknown,
})

const connect = (settings = {}) =>
  connectTo(({ url }) => (url.endsWith('-stream') ? { body: eventFrames(END) } : { body: WHOLE }), {
    baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
    credential: KEYS,
    region: 'us-east-1',
    settings,
  })

describe.skipIf(wireFolder() === undefined)('requests to Bedrock (skipped without the wire folder)', () => {
  const validator = () => new BotocoreValidator(readWire('aws/bedrock-runtime_2023-09-30.service-2.json'))

  test('the validator refuses what the service refuses', () => {
    const body = { messages: [{ role: 'robot', content: [{ text: 'a', image: {} }] }], temperature: 1 }
    const url = 'https://x/model/a%3A0/converse'
    expect(validator().problems('Converse', { method: 'PUT', url, headers: {}, body })).toEqual([
      'method is PUT, not POST',
      '.messages[0].role is none of user, assistant, system',
      '.messages[0].content[0].image.format is required',
      '.messages[0].content[0].image.source is required',
      '.messages[0].content[0] must have exactly one member',
      '.temperature is not known',
    ])
  })

  test('any call is a valid Converse and ConverseStream', async () => {
    const service = validator()
    const settings = fc.constantFrom({}, { structuredOutput: 'native' }, { structuredOutput: 'tool' })
    await fc.assert(
      fc.asyncProperty(textCall, settings, async (call, given) => {
        const connection = connect(given)
        await bedrock.text!.generate(call, connection)
        await collect(bedrock.text!.stream(call, connection))
        const [whole, streamed] = connection.sent.map(requestOf)
        expect(service.problems('Converse', whole!)).toEqual([])
        expect(service.problems('ConverseStream', streamed!)).toEqual([])
        expect(streamed!.body).toEqual(whole!.body)
        const { messages } = whole!.body as { messages: { role: string; content: Record<string, unknown>[] }[] }
        for (const [i, { role, content: blocks }] of messages.entries()) {
          expect(role).not.toBe(messages[i - 1]?.role)
          expect(blocks.filter(({ text: said }) => typeof said === 'string' && said.trim() === '')).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })

  test('pictures are valid calls of InvokeModel', async () => {
    const connection = connectTo(() => ({ body: { images: ['AA=='], seeds: [1], finish_reasons: [null] } }), {
      baseUrl: 'https://bedrock-runtime.us-west-2.amazonaws.com',
      credential: KEYS,
      region: 'us-west-2',
    })
    for (const model of ['stability.sd3-5-large-v1:0', 'amazon.nova-canvas-v1:0'])
      await bedrock.image!.start({ model, prompt: 'a', count: 1 }, connection)
    for (const sent of connection.sent)
      expect(validator().problems('InvokeModel', { ...requestOf(sent), body: String(sent.body) })).toEqual([])
  })
})
