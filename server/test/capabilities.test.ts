import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'
const EMBEDDING = 'text-embedding-3-small'
/** A model of the provider that no catalog has. */
const UNKNOWN = 'house-writer'
const CONFIGURATION = JSON.stringify({
  models: [
    {
      id: 'plain-writer',
      aliases: ['scribe'],
      provider: 'openai',
      upstreamId: CHAT,
      output: ['text'],
      capabilities: { streaming: false, tools: false, vision: false, structuredOutput: false },
    },
    { id: UNKNOWN, provider: 'openai', output: ['text'] },
    {
      id: 'plain-painter',
      provider: 'openai',
      upstreamId: IMAGE,
      output: ['image'],
      capabilities: { streaming: false },
    },
  ],
  discovery: false,
  retry: { maxRetries: 0 },
})

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ configuration: CONFIGURATION, emulator: { models: [UNKNOWN] } })
})
afterAll(() => gateway.close())
beforeEach(() => gateway.emulator.reset())

const sent = () => gateway.emulator.requests().filter(({ method }) => method === 'POST')
const messages = [{ role: 'user' as const, content: 'x' }]
const chat = (model: string, more: Partial<OpenAI.ChatCompletionCreateParams> = {}) =>
  gateway.client.chat.completions.create({ model, messages, ...more } as OpenAI.ChatCompletionCreateParams)
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const ASKS: Readonly<Record<string, Partial<OpenAI.ChatCompletionCreateParams>>> = {
  tools: {
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }],
  },
  vision: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: PIXEL } },
        ],
      },
    ],
  },
  structuredOutput: {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'city',
        strict: true,
        schema: {
          type: 'object',
          properties: { name: { type: 'string' } },
          required: ['name'],
          additionalProperties: false,
        },
      },
    },
  },
  streaming: { stream: true },
}

const CASES = [
  ['tools', 'tools', /does not call tools/],
  ['vision', 'messages', /does not take pictures/],
  ['streaming', 'stream', /does not stream its answers/],
] as const

describe('what a model is known not to do', () => {
  describe.each(['plain-writer', 'scribe'])('is refused as %s', (model) => {
    test.each(CASES)('%s', async (capability, param, message) => {
      const refused = await chat(model, ASKS[capability]).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(OpenAI.BadRequestError)
      expect(refused).toMatchObject({ code: 'capability_missing', type: 'invalid_request_error', param })
      expect((refused as Error).message).toMatch(message)
      expect((refused as Error).message).toContain('plain-writer')
      expect(sent()).toEqual([])
    })
  })

  describe.each([
    ['is known to do it', CHAT],
    ['nothing is known of', UNKNOWN],
  ])('goes on to a model that %s', (_, model) => {
    test.each([...CASES.map(([capability]) => capability), 'structuredOutput'])('%s', async (capability) => {
      const answer = await chat(model, ASKS[capability])
      if (Symbol.asyncIterator in answer) await Array.fromAsync(answer)
      expect(sent()).toHaveLength(1)
    })
  })

  test.each<[string, Partial<OpenAI.ChatCompletionCreateParams>]>([
    ['nothing special', {}],
    ['no stream, in so many words', { stream: false }],
    ['an empty list of tools', { tools: [] }],
    ['text in parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }],
    ['text as the format', { response_format: { type: 'text' } }],
  ])('but is not refused for %s', async (_, more) => {
    await chat('plain-writer', more).catch(() => {})
    expect(sent()).toHaveLength(1)
  })

  test('pictures in a stream, new and edited', async () => {
    const refusal = {
      status: 400,
      code: 'capability_missing',
      param: 'stream',
      message: expect.stringContaining('plain-painter does not stream'),
    }
    const asked = { model: 'plain-painter', prompt: 'a tram', stream: true } as const
    await expect(gateway.client.images.generate(asked)).rejects.toMatchObject(refusal)
    const image = new File([Buffer.from(PIXEL.slice(PIXEL.indexOf(',')), 'base64')], 'a.png', { type: 'image/png' })
    await expect(gateway.client.images.edit({ ...asked, image })).rejects.toMatchObject(refusal)
    expect(sent()).toEqual([])
  })

  test('a stream of the native API', async () => {
    const body = { modelId: 'plain-writer', prompt: 'x', stream: true }
    expect(await gateway.api('POST', '/api/generate-text', body)).toMatchObject({
      status: 400,
      body: {
        success: false,
        error: { code: 'capability_missing', message: expect.stringContaining('plain-writer does not stream') },
      },
    })
    expect(sent()).toEqual([])
  })
})

describe('what a model does not make', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['chat by an embedding model', () => chat(EMBEDDING), /3-small does not make chat completions; it makes embedding/],
    ['chat by an image model', () => chat(IMAGE), /gpt-image-2 does not make chat completions; it makes image/],
    [
      'pictures by a text model',
      () => gateway.client.images.generate({ model: CHAT, prompt: 'x' }),
      /mini does not make pictures; it makes text/,
    ],
    [
      'edits by an embedding model',
      () =>
        gateway.client.images.edit({
          model: EMBEDDING,
          prompt: 'x',
          image: new File(['x'], 'a.png', { type: 'image/png' }),
        }),
      /3-small does not make pictures/,
    ],
    [
      'embeddings by a text model',
      () => gateway.client.embeddings.create({ model: CHAT, input: 'x' }),
      /mini does not make embeddings; it makes text/,
    ],
  ])('%s is refused', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({
      status: 400,
      code: 'capability_missing',
      param: 'model',
      message: expect.stringMatching(message),
    })
    expect(sent()).toEqual([])
  })

  test.each([
    ['text', IMAGE, /does not make text; it makes image/],
    ['text', EMBEDDING, /does not make text; it makes embedding/],
    ['image', CHAT, /does not make pictures; it makes text/],
  ])('%s by %s is refused by the native API', async (kind, modelId, message) => {
    expect(await gateway.api('POST', `/api/generate-${kind}`, { prompt: 'x', modelId })).toMatchObject({
      status: 400,
      body: { error: { code: 'capability_missing', message: expect.stringMatching(message) } },
    })
    expect(sent()).toEqual([])
  })
})

test('a refusal is no attempt: nothing is metered', async () => {
  await expect(chat('plain-writer', { stream: true })).rejects.toThrow()
  const { body } = await gateway.api('GET', '/api/usage?model=plain-writer&limit=1000')
  expect((body.data as { streamed: boolean }[]).filter(({ streamed }) => streamed)).toEqual([])
})
