import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { TextCall } from '../../core/text.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { bedrock } from '../bedrock.ts'
import { essence, Recorder } from '../shared/aws/recorder.ts'
import { eventFrames } from '../shared/aws/testing.ts'
import { collect, connectTo } from '../testing/connection.ts'

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
const MODEL = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'

const theirs = new Recorder(2)
const ours = new Recorder(1)
const pools = new OriginPools()
let sdk: BedrockRuntimeClient
let connection: Connection

beforeAll(async () => {
  sdk = new BedrockRuntimeClient({ region: 'us-west-2', endpoint: await theirs.listen(), credentials: CREDENTIALS })
  connection = connectTo([], {
    baseUrl: await ours.listen(),
    credential: Object.values(CREDENTIALS).join(':'),
    region: 'us-west-2',
    transport: createTransport(pools, 'bedrock', { connectMs: 5_000, maxConnections: 4 }),
  })
})

beforeEach(() => {
  theirs.asked.length = 0
  ours.asked.length = 0
})

afterAll(async () => {
  sdk.destroy()
  await pools.destroy()
  await Promise.all([theirs.close(), ours.close()])
})

const agree = () => {
  expect(ours.asked).toHaveLength(1)
  expect(essence(ours.asked[0]!)).toEqual(essence(theirs.asked[0]!))
  expect(ours.asked[0]!.signed).toContain('x-amz-security-token')
}

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } }

/** The same conversations for us and for the SDK. */
const CONVERSATIONS: Record<string, [TextCall, ConverseCommandInput]> = {
  'text with settings': [
    {
      model: MODEL,
      messages: [{ role: 'system', text: 'Be brief.' }, user('hello (it’s me!) ☃')],
      temperature: 0.5,
      maxTokens: 100,
      stop: ['END'],
    },
    {
      modelId: MODEL,
      system: [{ text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ text: 'hello (it’s me!) ☃' }] }],
      inferenceConfig: { temperature: 0.5, maxTokens: 100, stopSequences: ['END'] },
    },
  ],
  'a picture, a guardrail and reasoning, by the ARN of a profile': [
    {
      model: 'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0',
      messages: [{ role: 'user', content: [{ type: 'image', picture: { base64: 'AQID', mediaType: 'image/jpeg' } }] }],
      reasoning: 'low',
      maxTokens: 9_000,
      defaults: { guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } },
    },
    {
      modelId: 'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0',
      messages: [
        { role: 'user', content: [{ image: { format: 'jpeg', source: { bytes: new Uint8Array([1, 2, 3]) } } }] },
      ],
      inferenceConfig: { maxTokens: 9_000 },
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 4096 } },
    },
  ],
  'tools, their calls and results': [
    {
      model: MODEL,
      messages: [
        user('weather?'),
        {
          role: 'assistant',
          text: 'Let me see.',
          toolCalls: [{ id: 't1', name: 'weather', arguments: '{"city":"Rome"}' }],
        },
        { role: 'tool', callId: 't1', content: [{ type: 'text', text: 'sunny' }] },
      ],
      tools: [{ name: 'weather', description: 'Looks', parameters: PARAMETERS }],
      toolChoice: 'required',
    },
    {
      modelId: MODEL,
      messages: [
        { role: 'user', content: [{ text: 'weather?' }] },
        {
          role: 'assistant',
          content: [
            { text: 'Let me see.' },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } },
          ],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'sunny' }] } }] },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'weather', description: 'Looks', inputSchema: { json: PARAMETERS } } }],
        toolChoice: { any: {} },
      },
    },
  ],
}

describe("AWS's SDK asks for the same by the same request", () => {
  test.each(Object.keys(CONVERSATIONS))('Converse: %s', async (name) => {
    const [call, input] = CONVERSATIONS[name]!
    const output = { message: { role: 'assistant', content: [{ text: 'hello' }] } }
    const answer = { output, stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }
    theirs.answer = { body: JSON.stringify(answer) }
    ours.answer = { body: JSON.stringify(answer) }
    const read = await sdk.send(new ConverseCommand(input))
    const result = await bedrock.text!.generate(call, connection)
    agree()
    expect(result.text).toBe(read.output!.message!.content![0]!.text)
    expect(result.usage).toMatchObject({ inputTokens: read.usage!.inputTokens, outputTokens: read.usage!.outputTokens })
  })

  test.each(Object.keys(CONVERSATIONS))('ConverseStream: %s', async (name) => {
    const [call, input] = CONVERSATIONS[name]!
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 }
    const body = eventFrames([
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'hello' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      { metadata: { usage, metrics: { latencyMs: 1 } } },
    ])
    const headers = { 'content-type': 'application/vnd.amazon.eventstream' }
    theirs.answer = { headers, body }
    ours.answer = { headers, body }
    const { stream } = await sdk.send(new ConverseStreamCommand(input))
    let text = ''
    for await (const event of stream!) text += event.contentBlockDelta?.delta?.text ?? ''
    const parts = await collect(bedrock.text!.stream(call, connection))
    agree()
    expect(parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')).toBe(text)
    expect(parts.at(-1)).toMatchObject({ reason: 'stop', usage: { inputTokens: 1, outputTokens: 2 } })
  })

  test('InvokeModel', async () => {
    const modelId = 'stability.sd3-5-large-v1:0'
    ours.answer = { body: JSON.stringify({ images: ['AQID'], seeds: [1], finish_reasons: [null] }) }
    const body = JSON.stringify({ prompt: 'a fox', aspect_ratio: '1:1', seed: 3 })
    await sdk.send(new InvokeModelCommand({ modelId, body, contentType: 'application/json' }))
    const call = { model: modelId, prompt: 'a fox', count: 1, aspectRatio: '1:1', seed: 3 }
    await bedrock.image!.start(call, connection)
    expect({ ...essence(ours.asked[0]!), own: undefined }).toEqual({ ...essence(theirs.asked[0]!), own: undefined })
    expect(ours.asked[0]!.headers['content-type']).toBe(theirs.asked[0]!.headers['content-type'])
  })

  test('with a bearer key', async () => {
    theirs.answer = { body: '{"output":{"message":{"role":"assistant","content":[]}}}' }
    ours.answer = theirs.answer
    const [call, input] = CONVERSATIONS['text with settings']!
    const token = { token: 'bedrock-api-key-x' }
    const endpoint = await sdk.config.endpoint!()
    const bearer = new BedrockRuntimeClient({
      region: 'us-west-2',
      endpoint: `${endpoint.protocol}//${endpoint.hostname}:${endpoint.port}`,
      token,
      authSchemePreference: ['httpBearerAuth'],
    })
    await bearer.send(new ConverseCommand(input))
    bearer.destroy()
    await bedrock.text!.generate(call, { ...connection, credential: token.token, region: undefined })
    expect(ours.asked[0]!.headers.authorization).toBe(theirs.asked[0]!.headers.authorization)
    expect(ours.asked[0]!.signed).toEqual([])
  })
})
