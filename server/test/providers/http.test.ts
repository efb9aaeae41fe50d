import { type Emulator, startEmulator } from '@turnout/emulator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { mediaTypeOfBytes } from '../../src/lib/media-type.ts'
import { startGateway, type TestGateway } from '../gateway.ts'
import { configurationOf, credentialOf, envOf, SERVED, type Served } from './served.ts'
import { TRIP } from './subject.ts'

let emulator: Emulator
let gateway: TestGateway
beforeAll(async () => {
  emulator = await startEmulator({ pendingPolls: 0 })
  gateway = await startGateway({
    configuration: configurationOf(SERVED, (double) => emulator.baseUrl(double)),
    env: Object.fromEntries(SERVED.map((one) => [envOf(one), credentialOf(one)])),
  })
})
afterAll(async () => {
  await gateway.close()
  await emulator.close()
})
beforeEach(() => emulator.reset())

const writers = SERVED.filter(({ text }) => text)
const painters = SERVED.filter(({ image }) => image)
const doubleOf = ({ id, double = id }: Served) => double

type Message = OpenAI.ChatCompletionMessageParam

/** An answer as the next request has it: without what the SDK's own reader of streams has added. */
const asMessage = (message: OpenAI.ChatCompletionMessage): Message =>
  JSON.parse(
    JSON.stringify(message, (key, value: unknown) => (key.startsWith('parsed') ? undefined : value)),
  ) as Message

const user = (content: string): Message => ({ role: 'user', content })
const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Looks up the weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
}

const PATIENCE = { timeout: 20_000, interval: 50 }

/** They have no call that is free of charge. */
const UNASKED = ['fal', 'sagemaker']

test('every provider with a call that is free of charge is known to be reachable before anybody has paid', async () => {
  await vi.waitFor(async () => {
    const { body } = await gateway.api('GET', '/api/providers')
    const found = body.data as { id: string; reachable: boolean | null }[]
    for (const { id } of SERVED) {
      const { reachable } = found.find((each) => each.id === id)!
      expect({ id, reachable }).toEqual({ id, reachable: UNASKED.includes(id) ? null : true })
    }
  }, PATIENCE)
  expect(emulator.bill().calls).toBe(0)
})

describe.each(writers)('text of $id by the SDK of OpenAI', (one) => {
  const model = `${one.id}-writer`
  const create = (messages: Message[], more: object = {}) =>
    gateway.client.chat.completions.create({ model, messages, ...more })
  const stream = async (messages: Message[], more: object = {}) => {
    const runner = gateway.client.chat.completions.stream({
      model,
      messages,
      stream_options: { include_usage: true },
      ...more,
    })
    return runner.finalChatCompletion()
  }
  const ways = [
    ['whole', create],
    ['streamed', stream],
  ] as const

  test('is the same, streamed and whole, and costs the same', async () => {
    const messages = [user('Describe the tram lines of Lisbon.')]
    const whole = await create(messages)
    const { inputTokens, outputTokens } = emulator.bill()
    emulator.reset()
    const streamed = await stream(messages)
    expect(whole.choices[0]!.message.content!.length).toBeGreaterThan(20)
    expect(whole.choices[0]!.finish_reason).toBe('stop')
    expect(streamed.choices[0]!.message.content).toBe(whole.choices[0]!.message.content)
    expect(streamed.choices[0]!.finish_reason).toBe('stop')
    const used = { prompt_tokens: inputTokens, completion_tokens: outputTokens }
    expect(whole.usage).toMatchObject(used)
    expect(streamed.usage).toMatchObject(used)
    const last = emulator.requests().at(-1)!
    expect(last).toMatchObject({ provider: doubleOf(one), authorized: true })
  })

  test.each(ways)('calls tools and uses their results, %s', async (_, ask) => {
    const messages = [user('How is the weather in Lisbon?')]
    const first = await ask(messages, { tools: [WEATHER] })
    const [{ message, finish_reason } = expect.unreachable()] = first.choices
    expect(finish_reason).toBe('tool_calls')
    const [made] = message.tool_calls!
    expect(made).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
    expect(JSON.parse((made as OpenAI.ChatCompletionMessageFunctionToolCall).function.arguments)).toEqual({
      city: expect.any(String),
    })
    const second = await ask(
      [...messages, asMessage(message), { role: 'tool', tool_call_id: made!.id, content: '{"celsius":21}' }],
      { tools: [WEATHER] },
    )
    expect(second.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringContaining('21') },
    })
  })

  test.each(ways)('follows a schema, %s', async (_, ask) => {
    const schema = { name: 'trip', strict: true, schema: TRIP }
    const { choices } = await ask([user('Plan a trip to Lisbon as JSON.')], {
      response_format: { type: 'json_schema', json_schema: schema },
    })
    const validate = new Ajv2020().compile(TRIP)
    expect(validate(JSON.parse(choices[0]!.message.content!)) ? [] : validate.errors).toEqual([])
    expect(choices[0]!.finish_reason).toBe('stop')
  })

  test('a failure of the provider is an error of the SDK, without the credential', async () => {
    emulator.faults.add({ fault: { kind: 'status', status: 403, body: { message: `No, ${credentialOf(one)}` } } })
    const error = await create([user('Hello.')]).then(
      () => expect.unreachable(),
      (reason: unknown) => reason as { status: number; message: string },
    )
    expect(error.status).toBe(403)
    expect(error.message).not.toContain(credentialOf(one))
  })
})

describe.each(painters)('pictures of $id by the SDK of OpenAI', (one) => {
  const model = `${one.id}-painter`
  const { mediaType = 'image/png' } = one.image!
  const draw = (more: object) => gateway.client.images.generate({ model, prompt: 'A red tram', ...more })

  test('come as base64', async () => {
    const { data } = await draw({ response_format: 'b64_json' })
    const bytes = Buffer.from(data![0]!.b64_json!, 'base64')
    expect(mediaTypeOfBytes(bytes)).toBe(mediaType)
    expect(emulator.bill()).toMatchObject({ calls: 1, images: 1 })
    expect(emulator.leaks()).toEqual([])
  })

  test('come as links to what is kept here', async () => {
    const { data } = await draw({ response_format: 'url' })
    const { url } = data![0]!
    expect(url!.startsWith(gateway.url)).toBe(true)
    const response = await fetch(url!)
    expect(response.headers.get('content-type')).toBe(mediaType)
    expect(mediaTypeOfBytes(new Uint8Array(await response.arrayBuffer()))).toBe(mediaType)
    expect(emulator.leaks()).toEqual([])
  })

  test.skipIf(one.image!.unmoderated)('that are withheld are a refusal, and no picture is paid', async () => {
    emulator.faults.add({ fault: { kind: 'moderated' } })
    await expect(draw({})).rejects.toMatchObject({ status: 400, code: 'content_policy' })
    expect(emulator.bill().images).toBe(0)
    const { body } = await gateway.api('GET', `/api/usage?model=${model}&limit=1`)
    expect(body.data).toMatchObject([{ outcome: 'failed', errorCode: 'content_policy' }])
  })

  test.runIf(one.image!.linked)('whose link is dead are paid for, which is told, and not made anew', async () => {
    emulator.faults.add({ fault: { kind: 'expired-result' } })
    const error = await draw({ response_format: 'b64_json' }).then(
      () => expect.unreachable(),
      (reason: { status: number; code: string; message: string }) => reason,
    )
    expect(error).toMatchObject({ status: 502, code: 'invalid_output' })
    expect(error.message).toMatch(/made and paid for, but could not be fetched/)
    expect(error.message).not.toContain(emulator.url)
    expect(emulator.bill().calls).toBe(1)
  })
})
