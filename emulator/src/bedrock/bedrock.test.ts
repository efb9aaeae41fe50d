import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { describe, expect, it } from 'vitest'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { drain, emulated } from '../testing.ts'

const MODEL = 'us.anthropic.claude-sonnet-4-6'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const user = (text: string) => ({ role: 'user' as const, content: [{ text }] })
const ASK = { modelId: MODEL, messages: [user('Why is the sky blue?')] }

async function world(options: EmulatorOptions = {}, region = 'us-west-2', secretAccessKey = SECRET) {
  const { emulator } = await emulated(options)
  const client = new BedrockRuntimeClient({
    region,
    endpoint: emulator.baseUrl('bedrock'),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey },
    maxAttempts: 1,
    // The emulator speaks HTTP/1.1, as the service does beside HTTP/2.
    requestHandler: (await import('@smithy/node-http-handler')).NodeHttpHandler.create({}),
  })
  const post = (path: string, body: object, credential = 'any') =>
    fetch(`${emulator.baseUrl('bedrock')}/model/${encodeURIComponent(path)}`.replace('%2F', '/'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
      body: JSON.stringify(body),
    })
  return { emulator, client, post }
}

async function collect(stream: AsyncIterable<ConverseStreamOutput> | undefined) {
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

describe('the official SDK', () => {
  it('gets the same answer in one piece and in frames', async () => {
    const { client, emulator } = await world({ awsSecret: SECRET, credentials: ['AKIDEXAMPLE'] })
    const whole = await client.send(new ConverseCommand(ASK))
    const events = await collect((await client.send(new ConverseStreamCommand(ASK))).stream)
    const text = events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')
    expect(text).toBe(whole.output?.message?.content?.[0]?.text)
    expect(text.length).toBeGreaterThan(40)
    expect(events.find((event) => event.messageStop)?.messageStop?.stopReason).toBe('end_turn')
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ outputTokens: whole.usage?.outputTokens })
    expect(whole.$metadata.requestId).toMatch(/-/)
    expect(emulator.requests()[0]).toMatchObject({ operation: 'bedrock.converse', authorized: true })
  })

  it('calls tools, uses their results, thinks and conforms to a schema', async () => {
    const { client } = await world()
    const json = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', description: 'Weather', inputSchema: { json } } }] }
    const asked = user('What is the weather in Paris?')
    const request: ConverseCommandInput = { modelId: MODEL, messages: [asked], toolConfig }
    const first = await client.send(new ConverseCommand(request))
    const use = first.output?.message?.content?.[0]?.toolUse
    expect([first.stopReason, use?.name, use?.input]).toEqual(['tool_use', 'get_weather', { city: 'Paris' }])
    const events = await collect((await client.send(new ConverseStreamCommand(request))).stream)
    const input = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join('')
    expect(JSON.parse(input)).toEqual({ city: 'Paris' })
    const toolResult = { toolUseId: use?.toolUseId, content: [{ json: { celsius: 18 } }] }
    const messages = [asked, first.output?.message ?? user(''), { role: 'user' as const, content: [{ toolResult }] }]
    const second = await client.send(new ConverseCommand({ ...request, messages }))
    expect(second.output?.message?.content?.[0]?.text).toContain('celsius is 18')
    const thinking = { type: 'enabled', budget_tokens: 1024 }
    const thought = await client.send(new ConverseCommand({ ...ASK, additionalModelRequestFields: { thinking } }))
    expect(thought.output?.message?.content?.[0]?.reasoningContent?.reasoningText?.signature).toBeTruthy()
    const schema = JSON.stringify({ type: 'object', properties: { color: { enum: ['blue'] } }, required: ['color'] })
    const textFormat = { type: 'json_schema' as const, structure: { jsonSchema: { schema } } }
    const object = await client.send(new ConverseCommand({ ...ASK, outputConfig: { textFormat } }))
    expect(JSON.parse(object.output?.message?.content?.[0]?.text ?? '')).toEqual({ color: 'blue' })
  })

  it('draws and embeds by InvokeModel', async () => {
    const { client, emulator } = await world()
    const invoke = async (modelId: string, body: object) => {
      const answer = await client.send(
        new InvokeModelCommand({ modelId, contentType: 'application/json', body: JSON.stringify(body) }),
      )
      return JSON.parse(answer.body.transformToString()) as Record<string, unknown>
    }
    const drawn = await invoke('stability.sd3-5-large-v1:0', { prompt: 'A fox', output_format: 'jpeg', seed: 7 })
    expect([drawn.seeds, drawn.finish_reasons]).toEqual([[7], [null]])
    expect(probePicture(Buffer.from((drawn.images as string[])[0] ?? '', 'base64'))?.mimeType).toBe('image/jpeg')
    const { embedding } = await invoke('amazon.titan-embed-text-v2:0', { inputText: 'a fox', dimensions: 256 })
    expect(embedding).toHaveLength(256)
    const east = await world({}, 'us-east-1')
    const body = {
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'A fox' },
      imageGenerationConfig: { width: 320, height: 320, numberOfImages: 2 },
    }
    const canvas = await east.client.send(
      new InvokeModelCommand({
        modelId: 'amazon.nova-canvas-v1:0',
        contentType: 'application/json',
        body: JSON.stringify(body),
      }),
    )
    expect((JSON.parse(canvas.body.transformToString()) as { images: string[] }).images).toHaveLength(2)
    expect(emulator.bill().models['stability.sd3-5-large-v1:0']?.images).toBe(1)
    emulator.faults.add({ match: { operation: 'bedrock.invoke' }, fault: { kind: 'moderated' } })
    expect((await invoke('stability.sd3-5-large-v1:0', { prompt: 'x' })).finish_reasons).toEqual([
      'Filter reason: prompt',
    ])
  })

  it('refuses a wrong secret, a wrong key id and a model of another region', async () => {
    const forged = await world({ awsSecret: SECRET }, 'us-west-2', 'another')
    await expect(forged.client.send(new ConverseCommand(ASK))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })
    const unknown = await world({ credentials: ['AKIDOTHER'] })
    await expect(unknown.client.send(new ConverseCommand(ASK))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    })
    const east = await world({}, 'us-east-1')
    const body = JSON.stringify({ prompt: 'A fox' })
    const command = new InvokeModelCommand({
      modelId: 'stability.sd3-5-large-v1:0',
      contentType: 'application/json',
      body,
    })
    await expect(east.client.send(command)).rejects.toThrow('The provided model identifier is invalid.')
  })

  it('names the exceptions of statuses and of streams', async () => {
    const { client, emulator } = await world()
    for (const [status, name] of [
      [403, 'AccessDeniedException'],
      [429, 'ThrottlingException'],
      [503, 'ServiceUnavailableException'],
    ] as const) {
      emulator.faults.add({ fault: { kind: 'status', status } })
      await expect(client.send(new ConverseCommand(ASK))).rejects.toMatchObject({ name })
    }
    const error = { type: 'throttlingException', message: 'slow down' }
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 3, error } })
    const { stream } = await client.send(new ConverseStreamCommand(ASK))
    await expect(collect(stream)).rejects.toMatchObject({ name: 'ThrottlingException', message: 'slow down' })
  })
})

const use = { toolUse: { toolUseId: 'a', name: 'f', input: {} } }
const result = { toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } }
const f = { toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }

describe('refused', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { max_tokens: 1 }, 'extraneous key [max_tokens]'],
    ['no messages', { messages: undefined }, "Value at 'messages' failed to satisfy constraint"],
    [
      'the assistant first',
      { messages: [{ role: 'assistant', content: [{ text: 'x' }] }] },
      'must start with a user message',
    ],
    ['a role twice', { messages: [user('x'), user('y')] }, 'must alternate between user and assistant roles'],
    ['blank text', { messages: [user(' ')] }, 'is blank'],
    ['no content', { messages: [{ role: 'user', content: [] }] }, 'is empty'],
    ['two kinds in a block', { messages: [{ role: 'user', content: [{ text: 'x', ...result }] }] }, 'Exactly one of'],
    ['too warm', { inferenceConfig: { temperature: 1.5 } }, 'inferenceConfig.temperature'],
    ['both kinds of sampling', { inferenceConfig: { temperature: 0.5, topP: 0.5 } }, 'cannot both be specified'],
    [
      'tools without toolConfig',
      { messages: [user('x'), { role: 'assistant', content: [use] }, { role: 'user', content: [result] }] },
      'The toolConfig field must be defined',
    ],
    [
      'a call without its result',
      { messages: [user('x'), { role: 'assistant', content: [use] }, user('y')], toolConfig: { tools: [f] } },
      'Expected toolResult blocks',
    ],
    [
      'a small budget',
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1 } } },
      'budget_tokens',
    ],
    [
      'a bad schema',
      { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
      'not valid JSON',
    ],
  ])('%s', async (_name, more, message) => {
    const { post } = await world()
    const response = await post(`${MODEL}/converse`, { messages: ASK.messages, ...more })
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
    expect(((await response.json()) as { message: string }).message).toContain(message)
  })

  it('a base id that only profiles reach, an unknown model, a credential that is wrong or missing', async () => {
    const { post, emulator } = await world({ credentials: ['bearer'] })
    const messages = { messages: ASK.messages }
    const base = await post('anthropic.claude-sonnet-4-6/converse', messages, 'bearer')
    expect(await base.text()).toContain("on-demand throughput isn't supported")
    expect(await (await post('a.b/converse', messages, 'bearer')).text()).toContain('model identifier is invalid')
    expect((await post(`${MODEL}/converse`, messages, 'no')).status).toBe(403)
    const bare = await fetch(`${emulator.baseUrl('bedrock')}/foundation-models`)
    expect([bare.status, bare.headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationTokenException'])
    const headers = { authorization: 'Bearer bearer' }
    const list = await fetch(`${emulator.baseUrl('bedrock')}/foundation-models`, { headers })
    const { modelSummaries } = (await list.json()) as { modelSummaries: { modelId: string }[] }
    expect(modelSummaries.map(({ modelId }) => modelId)).toContain('qwen.qwen3-235b-a22b-2507-v1:0')
  })
})

describe('faults in frames', () => {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const codec = new EventStreamCodec(text, (value) => Buffer.from(value))

  /** The whole frames of a stream, and the bytes that make none. */
  function frames(bytes: Buffer) {
    const found: { type: unknown; body: string }[] = []
    let rest = bytes
    while (rest.length >= 12 && rest.readUInt32BE(0) <= rest.length) {
      const { headers, body } = codec.decode(rest.subarray(0, rest.readUInt32BE(0)))
      const type = headers[':event-type'] ?? headers[':exception-type']
      found.push({ type: type?.value, body: text(body) })
      rest = rest.subarray(rest.readUInt32BE(0))
    }
    return { found, rest: rest.length }
  }

  async function read(fault: Parameters<Awaited<ReturnType<typeof world>>['emulator']['faults']['add']>[0]['fault']) {
    const { post, emulator } = await world()
    emulator.faults.add({ fault })
    const { bytes, clean } = await drain(await post(`${MODEL}/converse-stream`, { messages: ASK.messages }))
    return { ...frames(bytes), clean }
  }

  it('cut ends within a frame', async () => {
    const { found, rest, clean } = await read({ kind: 'cut', afterChunks: 3 })
    expect([found.length, rest, clean]).toEqual([3, 3, false])
  })

  it('malformed breaks the JSON of one frame, whose checksums still hold', async () => {
    const { found, clean } = await read({ kind: 'malformed', atChunk: 2 })
    const broken = found.flatMap(({ body }, index) => (body.endsWith('}') ? [] : [index]))
    expect([broken, clean]).toEqual([[2], true])
  })

  it('no-finish and no-usage leave their frames out, split leaves all in', async () => {
    expect((await read({ kind: 'no-finish' })).found.at(-1)?.type).toBe('contentBlockStop')
    expect((await read({ kind: 'no-usage' })).found.at(-1)?.type).toBe('messageStop')
    expect((await read({ kind: 'split', bytes: 11 })).found.at(-1)?.type).toBe('metadata')
    const moderated = await read({ kind: 'moderated' })
    expect(moderated.found.find(({ type }) => type === 'messageStop')?.body).toContain('content_filtered')
  })
})
