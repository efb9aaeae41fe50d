import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const MODEL = 'claude-sonnet-4-6'
const ASK = { model: MODEL, max_tokens: 2000, messages: [{ role: 'user' as const, content: 'Why is the sky blue?' }] }
const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const client = new Anthropic({ apiKey: 'sk-ant-test', baseURL: emulator.baseUrl('anthropic'), maxRetries: 0 })
  const post = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${emulator.baseUrl('anthropic')}/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'sk-ant-test',
        'anthropic-version': '2023-06-01',
        ...headers,
      },
      body: JSON.stringify(body),
    })
  return { emulator, client, post }
}

const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')

describe('the official SDK', () => {
  it('gets the same answer in one piece and streamed', async () => {
    const { client, emulator } = await world()
    const whole = await client.messages.create(ASK)
    const streamed = await client.messages.stream(ASK).finalMessage()
    expect(textOf(whole).length).toBeGreaterThan(40)
    expect(textOf(streamed)).toBe(textOf(whole))
    expect([streamed.stop_reason, streamed.usage.output_tokens]).toEqual(['end_turn', whole.usage.output_tokens])
    expect(whole._request_id).toMatch(/^req_/)
    expect(emulator.bill().models[MODEL]).toMatchObject({ calls: 2, outputTokens: 2 * whole.usage.output_tokens })
  })

  it('calls tools and uses their results', async () => {
    const { client } = await world()
    const asked = { role: 'user' as const, content: 'What is the weather in Paris?' }
    const request = { ...ASK, tools: [WEATHER], messages: [asked] }
    const first = await client.messages.create(request)
    const streamed = await client.messages.stream(request).finalMessage()
    const call = first.content.find((block) => block.type === 'tool_use')
    expect(first.stop_reason).toBe('tool_use')
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } })
    expect(streamed.content.find((block) => block.type === 'tool_use')?.input).toEqual(call?.input)
    const second = await client.messages.create({
      ...request,
      messages: [
        asked,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: '{"celsius":18}' }] },
      ],
    })
    expect(second.stop_reason).toBe('end_turn')
    expect(textOf(second)).toContain('celsius is 18')
  })

  it('shows thinking, and a signature instead of it where it is omitted', async () => {
    const { client } = await world()
    const thinking = { type: 'adaptive' as const }
    const whole = await client.messages.create({ ...ASK, thinking })
    expect(whole.content.map((block) => block.type)).toEqual(['thinking', 'text'])
    const streamed = await client.messages.stream({ ...ASK, thinking }).finalMessage()
    expect(streamed.content).toEqual(whole.content)
    const hidden = await client.messages.create({ ...ASK, thinking: { ...thinking, display: 'omitted' } })
    expect(hidden.content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: expect.stringMatching(/./) })
  })

  it('conforms to a schema, sees pictures, stops where it is told', async () => {
    const { client } = await world()
    const schema = { type: 'object', properties: { color: { enum: ['blue', 'red'] } }, required: ['color'] }
    const object = await client.messages.create({ ...ASK, output_config: { format: { type: 'json_schema', schema } } })
    expect(JSON.parse(textOf(object))).toEqual({ color: 'blue' })
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PNG }
    const content = [
      { type: 'image' as const, source },
      { type: 'text' as const, text: 'What is this?' },
    ]
    const seen = await client.messages.create({ ...ASK, messages: [{ role: 'user', content }] })
    expect(textOf(seen)).toContain('I looked at the picture')
    const cut = await client.messages.create({ ...ASK, stop_sequences: ['.'] })
    expect(cut).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '.' })
    const short = await client.messages.create({ ...ASK, max_tokens: 3 })
    expect(short).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 3 } })
  })

  it('counts tokens, lists models in pages and describes one', async () => {
    const { client } = await world({ models: ['claude-mine'] })
    const { max_tokens: _left, ...counted } = ASK
    const { input_tokens } = await client.messages.countTokens(counted)
    expect(input_tokens).toBe((await client.messages.create(ASK)).usage.input_tokens)
    const ids: string[] = []
    for await (const model of client.models.list({ limit: 3 })) ids.push(model.id)
    expect(ids).toContain('claude-haiku-4-5-20251001')
    expect(ids).toContain('claude-mine')
    expect((await client.models.retrieve('claude-mine')).max_tokens).toBeGreaterThan(0)
  })

  it('tells its errors apart', async () => {
    const { client, emulator } = await world({ credentials: ['sk-ant-test'] })
    const wrong = new Anthropic({ apiKey: 'sk-no', baseURL: emulator.baseUrl('anthropic'), maxRetries: 0 })
    await expect(wrong.messages.create(ASK)).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
    await expect(client.messages.create({ ...ASK, model: 'claude-2' })).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    for (const [status, type] of [
      [429, 'rate_limit_error'],
      [529, 'overloaded_error'],
      [500, 'api_error'],
    ] as const) {
      emulator.faults.add({ match: { provider: 'anthropic' }, fault: { kind: 'status', status } })
      await expect(client.messages.create(ASK)).rejects.toMatchObject({ status, error: { error: { type } } })
    }
  })

  it('refuses on order', async () => {
    const { client, emulator } = await world()
    const order = {
      match: { operation: 'anthropic.messages' as const },
      times: 2,
      fault: { kind: 'moderated' as const },
    }
    emulator.faults.add(order)
    expect(await client.messages.create(ASK)).toMatchObject({ stop_reason: 'refusal', content: [] })
    expect(await client.messages.stream(ASK).finalMessage()).toMatchObject({ stop_reason: 'refusal', content: [] })
    // A refusal is charged as it is counted.
    const { calls, inputTokens, outputTokens } = emulator.bill()
    expect({ calls, outputTokens }).toEqual({ calls: 2, outputTokens: 2 })
    expect(inputTokens).toBeGreaterThan(0)
  })
})

const use = { type: 'tool_use', id: 'a', name: 'get_weather', input: {} }
const result = { type: 'tool_result', tool_use_id: 'a', content: 'x' }
const says = (role: string, content: unknown) => ({ role, content })

describe('refused', () => {
  it.each<[string, object, string]>([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['too many tokens', { max_tokens: 1_000_000 }, 'which is the maximum allowed number of output tokens'],
    ['an unknown field', { seed: 1 }, 'seed: Extra inputs are not permitted'],
    [
      'the system as a role',
      { messages: [says('system', 'x')] },
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    [
      'the assistant first',
      { messages: [says('assistant', 'x'), says('user', 'x')] },
      'first message must use the "user" role',
    ],
    ['empty content', { messages: [says('user', '')] }, 'must have non-empty content'],
    [
      'an unknown block',
      { messages: [says('user', [{ type: 'video' }])] },
      'messages.0.content.0.type: Input should be',
    ],
    [
      'a call without its result',
      { messages: [says('user', 'x'), says('assistant', [use]), says('user', 'y')] },
      'without `tool_result` blocks',
    ],
    ['a result without its call', { messages: [says('user', [result])] }, 'unexpected `tool_use_id`'],
    [
      'a picture of another type',
      {
        messages: [says('user', [{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: PNG } }])],
      },
      'appears to be a image/png image',
    ],
    ['too warm', { temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
    ['both kinds of sampling', { temperature: 0.5, top_p: 0.5 }, 'cannot both be specified'],
    ['sampling of a model without', { model: 'claude-opus-5-5', temperature: 0.5 }, 'not supported for this model'],
    [
      'a small budget',
      { thinking: { type: 'enabled', budget_tokens: 100 } },
      'budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'a budget beyond the limit',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      '`max_tokens` must be greater',
    ],
    [
      'thinking with a temperature',
      { thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 0.2 },
      'may only be set to 1 when thinking',
    ],
    [
      'thinking with a forced tool',
      { thinking: { type: 'adaptive' }, tools: [WEATHER], tool_choice: { type: 'any' } },
      'forces tool use',
    ],
    [
      'a budget of a model without',
      { model: 'claude-opus-5-5', thinking: { type: 'enabled', budget_tokens: 1024 } },
      '"thinking.type.enabled" is not supported',
    ],
    [
      'a prefill of a model without',
      { messages: [says('user', 'x'), says('assistant', 'y')] },
      'does not support assistant message prefill',
    ],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, 'while providing tools'],
    ['a choice of no tool', { tools: [WEATHER], tool_choice: { type: 'tool', name: 'g' } }, "Tool 'g' not found"],
    ['two tools of a name', { tools: [WEATHER, WEATHER] }, 'Tool names must be unique'],
  ])('%s', async (_name, more, message) => {
    const { post, emulator } = await world()
    const response = await post({ ...ASK, ...more })
    const body = (await response.json()) as { type: string; error: { type: string; message: string } }
    expect([response.status, body.type, body.error.type]).toEqual([400, 'error', 'invalid_request_error'])
    expect(body.error.message).toContain(message)
    expect(emulator.bill().calls).toBe(0)
  })

  it('any sampling setting in the version that has none', async () => {
    const { post } = await world()
    const response = await post({ ...ASK, temperature: 1 }, { 'anthropic-version': '2026-10-21' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('temperature: Extra inputs are not permitted')
  })

  it('without a version, without a credential, and at another path', async () => {
    const { post, emulator } = await world()
    expect((await post(ASK, { 'anthropic-version': '' })).status).toBe(400)
    expect((await post(ASK, { 'x-api-key': '' })).status).toBe(401)
    const nowhere = await fetch(`${emulator.baseUrl('anthropic')}/v1/nowhere`)
    expect([nowhere.status, ((await nowhere.json()) as { type: string }).type]).toEqual([404, 'error'])
  })
})

describe('faults in named events', () => {
  const events = (text: string) => [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1])

  it('an error event, a missing end, missing usage, broken JSON', async () => {
    const { post, emulator } = await world()
    const read = async () => (await post({ ...ASK, stream: true })).text()
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 3 } })
    expect(events(await read())).toEqual(['message_start', 'ping', 'content_block_start', 'error'])
    emulator.faults.add({ fault: { kind: 'no-end-marker' } })
    expect(events(await read()).at(-1)).toBe('message_delta')
    emulator.faults.add({ fault: { kind: 'no-finish' } })
    expect(events(await read()).at(-1)).toBe('content_block_stop')
    emulator.faults.add({ fault: { kind: 'no-usage' } })
    expect(await read()).not.toContain('"usage"')
    emulator.faults.add({ fault: { kind: 'malformed', atChunk: 4 } })
    const broken = (await read()).split('\n').filter((line) => line.startsWith('data: '))
    const bad = broken.flatMap((line, index) => (/\}$/.test(line) ? [] : [index]))
    expect(bad).toEqual([4])
  })

  it('the SDK reports the error inside the stream', async () => {
    const { client, emulator } = await world()
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 4 } })
    await expect(client.messages.stream(ASK).finalMessage()).rejects.toThrow(/Overloaded/)
  })
})
