import OpenAI, { toFile } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
const user = (content: string) => [{ role: 'user' as const, content }]
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let gateway: TestGateway
let client: OpenAI
beforeAll(async () => {
  gateway = await startGateway()
  client = gateway.client
})
afterAll(() => gateway.close())

test('a chat completion, with its request id, model, provider, attempts and cost', async () => {
  const { data, response } = await client.chat.completions
    .create({ model: CHAT, messages: user('Say hello to the trams.') })
    .withResponse()
  expect(data.choices[0]!.message.content).toMatch(/\w+/)
  expect(data.choices[0]!.finish_reason).toBe('stop')
  expect(data.usage!.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens)
  expect(response.headers.get('x-turnout-model')).toBe(CHAT)
  expect(response.headers.get('x-turnout-provider')).toBe('openai')
  expect(response.headers.get('x-turnout-attempts')).toBe('1')
  const dollars = (data.usage!.prompt_tokens * 0.75 + data.usage!.completion_tokens * 4.5) / 1e6
  expect(Number(response.headers.get('x-turnout-cost'))).toBeCloseTo(dollars, 9)
  expect(response.headers.get('x-request-id')).toBe(response.headers.get('x-turnout-request-id'))
  expect(response.headers.get('x-turnout-emulated')).toBeNull()
})

test('a stream has the text of the buffered answer', async () => {
  const request = { model: CHAT, messages: user('Tell me about turnouts.'), seed: 7 }
  const whole = await client.chat.completions.create(request)
  let text = ''
  let finish: string | null = null
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    expect(chunk.choices).not.toEqual([])
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
  }
  expect(text).toBe(whole.choices[0]!.message.content)
  expect(finish).toBe('stop')
})

test('usage in a stream is there when it is asked for', async () => {
  const stream = await client.chat.completions.create({
    model: CHAT,
    messages: user('Count.'),
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
})

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
}

test('tools: a call, and an answer from its result', async () => {
  const messages: OpenAI.ChatCompletionMessageParam[] = user('What is the weather in Basel?')
  const asked = await client.chat.completions.create({
    model: CHAT,
    messages,
    tools: [weather],
    tool_choice: 'required',
  })
  const [call] = asked.choices[0]!.message.tool_calls!
  expect(asked.choices[0]!.finish_reason).toBe('tool_calls')
  expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } })
  const answered = await client.chat.completions.create({
    model: CHAT,
    tools: [weather],
    messages: [
      ...messages,
      asked.choices[0]!.message,
      { role: 'tool', tool_call_id: call!.id, content: 'snow, -3 degrees' },
    ],
  })
  expect(answered.choices[0]!.message.content).toBeTruthy()
})

test('tools in a stream', async () => {
  const runner = client.chat.completions.stream({
    model: CHAT,
    messages: user('Weather in Basel?'),
    tools: [weather],
    tool_choice: 'required',
  })
  const { choices } = await runner.finalChatCompletion()
  expect(
    JSON.parse((choices[0]!.message.tool_calls![0] as { function: { arguments: string } }).function.arguments),
  ).toHaveProperty('city')
})

test('structured output answers by the schema', async () => {
  const City = z.object({ name: z.string(), population: z.number().int(), kind: z.enum(['town', 'city']) })
  const { choices } = await client.chat.completions.parse({
    model: CHAT,
    messages: user('Tell me about Basel.'),
    response_format: zodResponseFormat(City, 'city'),
  })
  expect(City.safeParse(choices[0]!.message.parsed).success).toBe(true)
})

test('pictures in messages go on', async () => {
  const url = `data:image/png;base64,${PNG.toString('base64')}`
  const { choices } = await client.chat.completions.create({
    model: CHAT,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  })
  expect(choices[0]!.message.content).toBeTruthy()
  expect(JSON.stringify(gateway.emulator.requests().at(-1)!.body)).toContain(url)
})

test('embeddings', async () => {
  const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] })
  expect(data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536])
  expect(usage.total_tokens).toBeGreaterThan(0)
})

test('a picture as base64', async () => {
  const { data, response } = await client.images
    .generate({ model: IMAGE, prompt: 'a tram at night', size: '1024x1024' })
    .withResponse()
  expect(Buffer.from(data.data![0]!.b64_json!, 'base64').subarray(1, 4).toString()).toBe('PNG')
  expect(Number(response.headers.get('x-turnout-cost'))).toBeGreaterThan(0)
})

test('a picture as a link, which works without a key, and only as it was signed', async () => {
  const { data } = await client.images.generate({
    model: IMAGE,
    prompt: 'a tram',
    size: '1024x1024',
    response_format: 'url',
  })
  const { url, b64_json } = data![0]!
  expect(b64_json).toBeUndefined()
  const picture = await fetch(url!)
  expect(picture.headers.get('content-type')).toBe('image/png')
  expect(
    Buffer.from(await picture.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG')
  const forged = await fetch(url!.replace(/expires=\d/, 'expires=9'))
  expect(forged.status).toBe(403)
})

test('a picture that comes in parts', async () => {
  const stream = await client.images.generate({
    model: IMAGE,
    prompt: 'a tram',
    size: '1024x1024',
    stream: true,
    partial_images: 2,
  })
  const events = await Array.fromAsync(stream)
  expect(events.map(({ type }) => type)).toEqual([
    'image_generation.partial_image',
    'image_generation.partial_image',
    'image_generation.completed',
  ])
})

test('edits by form and by JSON', async () => {
  const image = await toFile(PNG, 'tram.png', { type: 'image/png' })
  const { data } = await client.images.edit({ model: IMAGE, prompt: 'add snow', image, size: '1024x1024' })
  expect(data![0]!.b64_json).toBeTruthy()
  const json = await fetch(`${gateway.url}/v1/images/edits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: IMAGE,
      prompt: 'add snow',
      images: [{ image_url: `data:image/png;base64,${PNG.toString('base64')}` }],
    }),
  })
  expect(json.status).toBe(200)
})

test('models: the list has what can be used, and each can be retrieved', async () => {
  const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id)
  expect(ids).toContain(CHAT)
  expect(ids).toContain(IMAGE)
  expect(ids).not.toContain('dall-e-3')
  expect(await client.models.retrieve(CHAT)).toMatchObject({ id: CHAT, owned_by: 'openai' })
  await expect(client.models.retrieve('no-such-model')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('errors are of the classes that the SDK has for them', async () => {
  const wrongKey = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'trn_wrong', maxRetries: 0 })
  await expect(wrongKey.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  await expect(client.chat.completions.create({ model: CHAT, messages: [] })).rejects.toMatchObject({
    status: 400,
    code: 'invalid_input',
    param: 'messages',
  })
  await expect(
    client.chat.completions.create({ model: CHAT, messages: user('x'), nonsense: 1 } as never),
  ).rejects.toMatchObject({
    status: 400,
    code: 'invalid_input',
    message: expect.stringContaining('nonsense'),
  })
})
