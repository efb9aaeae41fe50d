import type { Flags } from '@turnout/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'
import { EVENT_STREAM, PIXEL, startUpstream, type Upstream } from './upstream.ts'

const FLAGS: Readonly<Record<string, Flags>> = {
  plain: {},
  'older-limit': { tokenField: 'max_tokens' },
  'newer-limit': { tokenField: 'max_completion_tokens' },
  'no-developer': { developerRole: false },
  'own-images-path': { imagesPath: '/paint' },
  'no-stream-usage': { streamUsage: false },
  'no-response-format': { responseFormat: false },
}
const DEFAULTS = { temperature: 0.3, chat_template_kwargs: { thinking: false }, quality: 'low' }

/** Providers by their flags, and by how their address is written; each has a model for text and one for pictures. */
function configuration(origin: string): string {
  const addresses = {
    'bare-host': origin,
    'bare-slash': `${origin}/`,
    versioned: `${origin}/v1`,
    'versioned-slash': `${origin}/v1/`,
    'other-path': `${origin}/api/openai`,
  }
  const providers = {
    ...Object.fromEntries(Object.entries(FLAGS).map(([id, flags]) => [id, { baseUrl: origin, flags }])),
    ...Object.fromEntries(Object.entries(addresses).map(([id, baseUrl]) => [id, { baseUrl }])),
    'with-headers': {
      baseUrl: origin,
      credential: 'env:HOUSE_CREDENTIAL',
      headers: { 'x-team': 'trams', 'x-secret': 'env:HOUSE_HEADER' },
    },
  }
  const models = Object.keys(providers).flatMap((provider) => [
    { id: `${provider}-chat`, provider, upstreamId: 'speaks', output: ['text'] },
    { id: `${provider}-image`, provider, upstreamId: 'draws', output: ['image'] },
  ])
  const special = [
    // What is said of a model wins over what is said of its provider.
    { ...models[0]!, id: 'own-flags-chat', provider: 'older-limit', flags: { tokenField: 'max_completion_tokens' } },
    { ...models[0]!, id: 'defaults-chat', defaults: DEFAULTS },
    { ...models[1]!, id: 'defaults-image', defaults: DEFAULTS },
    { ...models[0]!, id: 'limited-chat', provider: 'newer-limit', defaults: { max_completion_tokens: 99 } },
  ]
  return JSON.stringify({ providers, models: [...models, ...special], discovery: false, retry: { maxRetries: 0 } })
}

let upstream: Upstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway({
    configuration: configuration(upstream.origin),
    env: { HOUSE_CREDENTIAL: 'house-credential', HOUSE_HEADER: 'house-header' },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
beforeEach(() => {
  upstream.arrived.length = 0
})

const USER = [{ role: 'user' as const, content: 'x' }]
const chat = (provider: string, more: object = {}) =>
  gateway.client.chat.completions.create({ model: `${provider}-chat`, messages: USER, ...more })
const stream = async (provider: string, more: object = {}) =>
  Array.fromAsync(
    await gateway.client.chat.completions.create({
      model: `${provider}-chat`,
      messages: USER,
      stream: true,
      ...more,
    }),
  )
const draw = (provider: string, more: object = {}) =>
  gateway.client.images.generate({ model: `${provider}-image`, prompt: 'a tram', ...more })
const native = async (kind: 'text' | 'image', body: object) => {
  const { status } = await gateway.api('POST', `/api/generate-${kind}`, { prompt: 'x', ...body })
  expect(status).toBe(200)
}

describe('the limit of the output is sent under the name that the server knows', () => {
  test.each<[provider: string, asked: object, sent: object]>([
    ['plain', { max_tokens: 5 }, { max_tokens: 5 }],
    ['plain', { max_completion_tokens: 5 }, { max_completion_tokens: 5 }],
    ['older-limit', { max_tokens: 5 }, { max_tokens: 5 }],
    ['older-limit', { max_completion_tokens: 5 }, { max_tokens: 5 }],
    ['older-limit', { max_completion_tokens: 5, max_tokens: 6 }, { max_tokens: 6 }],
    ['newer-limit', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['newer-limit', { max_completion_tokens: 5 }, { max_completion_tokens: 5 }],
    ['newer-limit', { max_tokens: 5, max_completion_tokens: 6 }, { max_completion_tokens: 6 }],
    ['own-flags', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['limited', { max_tokens: 5 }, { max_completion_tokens: 5 }],
    ['limited', {}, { max_completion_tokens: 99 }],
    ['older-limit', {}, {}],
  ])('%s: %j goes as %j', async (provider, asked, sent) => {
    await chat(provider, asked)
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, ...sent })
  })

  test.each([
    ['plain', { max_tokens: 5 }],
    ['older-limit', { max_tokens: 5 }],
    ['newer-limit', { max_completion_tokens: 5 }],
  ])('%s, by the native API', async (provider, sent) => {
    await native('text', { modelId: `${provider}-chat`, maxTokens: 5 })
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, ...sent })
  })
})

describe('developer messages', () => {
  const asked = [{ role: 'developer', content: 'Be brief.' }, { role: 'system', content: 'Be kind.' }, ...USER]

  test('go as system messages to a server that does not know them', async () => {
    await chat('no-developer', { messages: asked })
    expect(upstream.last().body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      ...USER,
    ])
  })

  test('go as they are to every other', async () => {
    await chat('plain', { messages: asked })
    expect(upstream.last().body.messages).toEqual(asked)
  })
})

describe('usage in a stream', () => {
  test('is asked for unseen where the client does not, so that the cost is known', async () => {
    const chunks = await stream('plain')
    expect(upstream.last().body.stream_options).toEqual({ include_usage: true })
    expect(chunks.every((chunk) => chunk.choices.length > 0 && !chunk.usage)).toBe(true)
  })

  test('is not asked of a server that does not take it, which streams nevertheless', async () => {
    const chunks = await stream('no-stream-usage')
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hi.')
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, stream: true })
  })

  test('nor by the native API', async () => {
    for (const [provider, sent] of [
      ['plain', { include_usage: true }],
      ['no-stream-usage', undefined],
    ]) {
      const response = await fetch(`${gateway.url}/api/generate-text`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.client.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ modelId: `${provider}-chat`, prompt: 'x', stream: true }),
      })
      expect(await response.text()).toContain('[DONE]')
      expect(upstream.last().body.stream_options).toEqual(sent)
    }
  })

  test('is refused by name to a client that insists', async () => {
    await expect(stream('no-stream-usage', { stream_options: { include_usage: true } })).rejects.toMatchObject({
      status: 400,
      code: 'capability_missing',
      param: 'stream_options.include_usage',
      message: expect.stringContaining('no-stream-usage-chat does not report usage in a stream'),
    })
    expect(upstream.arrived).toEqual([])
  })

  test('that is declined in so many words is no reason to refuse', async () => {
    await stream('no-stream-usage', { stream_options: { include_usage: false } })
    expect(upstream.last().body.stream_options).toEqual({ include_usage: false })
  })
})

describe('pictures', () => {
  test.each([
    ['plain', '/v1/images/generations'],
    ['own-images-path', '/v1/paint'],
  ])('%s draws at %s', async (provider, path) => {
    await draw(provider)
    expect(upstream.last().path).toBe(path)
    await native('image', { modelId: `${provider}-image` })
    expect(upstream.last().path).toBe(path)
  })

  test('response_format goes to a server that takes it', async () => {
    await draw('plain', { response_format: 'b64_json' })
    expect(upstream.last().body).toEqual({ model: 'draws', prompt: 'a tram', response_format: 'b64_json' })
    upstream.reply({ body: { created: 1, data: [{ url: `data:image/png;base64,${PIXEL}` }] } })
    const { data } = await draw('plain', { response_format: 'url' })
    expect(upstream.last().body).toEqual({ model: 'draws', prompt: 'a tram', response_format: 'url' })
    // What the server gives to fetch is fetched, and the link is ours.
    const bytes = await (await fetch(data![0]!.url!)).arrayBuffer()
    expect(Buffer.from(bytes).toString('base64')).toBe(PIXEL)
  })

  test('and is that server’s business in a stream too', async () => {
    const completed = { type: 'image_generation.completed', b64_json: PIXEL }
    upstream.reply({ headers: EVENT_STREAM, body: `data: ${JSON.stringify(completed)}\n\n` })
    const asked = { model: 'plain-image', prompt: 'a tram', response_format: 'url', stream: true } as const
    expect(await Array.fromAsync(await gateway.client.images.generate(asked))).toEqual([completed])
    expect(upstream.last().body).toEqual({ ...asked, model: 'draws' })
  })

  test('it is left out for a server that answers with base64 alone', async () => {
    const { data } = await draw('no-response-format', { response_format: 'b64_json' })
    expect(data).toEqual([{ b64_json: PIXEL }])
    expect(upstream.last().body).toEqual({ model: 'draws', prompt: 'a tram' })
  })

  test('and a link is made here', async () => {
    const { data } = await draw('no-response-format', { response_format: 'url' })
    expect(upstream.last().body).toEqual({ model: 'draws', prompt: 'a tram' })
    const picture = await fetch(data![0]!.url!)
    expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(PIXEL)
  })

  test('but not in a stream', async () => {
    await expect(draw('no-response-format', { response_format: 'url', stream: true })).rejects.toMatchObject({
      status: 400,
      code: 'capability_missing',
      param: 'response_format',
    })
    expect(upstream.arrived).toEqual([])
  })
})

describe('the defaults of a model', () => {
  test('are used where a request sets nothing', async () => {
    await chat('defaults')
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, ...DEFAULTS })
    await draw('defaults')
    expect(upstream.last().body).toEqual({ model: 'draws', prompt: 'a tram', ...DEFAULTS })
    await native('text', { modelId: 'defaults-chat' })
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, ...DEFAULTS })
  })

  test.each([
    ['another value', { temperature: 1.5 }],
    ['zero', { temperature: 0 }],
    ['null', { temperature: null }],
    ['an empty object', { chat_template_kwargs: {} }],
  ])('give way to %s', async (_, asked) => {
    await chat('defaults', asked)
    expect(upstream.last().body).toEqual({ model: 'speaks', messages: USER, ...DEFAULTS, ...asked })
  })

  test('give way in the native API', async () => {
    await native('text', { modelId: 'defaults-chat', temperature: 0 })
    expect(upstream.last().body).toMatchObject({ ...DEFAULTS, temperature: 0 })
  })
})

describe('the base URL', () => {
  test.each([
    ['bare-host', '/v1'],
    ['bare-slash', '/v1'],
    ['versioned', '/v1'],
    ['versioned-slash', '/v1'],
    ['other-path', '/api/openai'],
  ])('%s leads to %s', async (provider, base) => {
    await chat(provider)
    expect(upstream.last().path).toBe(`${base}/chat/completions`)
    await native('text', { modelId: `${provider}-chat` })
    expect(upstream.last().path).toBe(`${base}/chat/completions`)
    await draw(provider)
    expect(upstream.last().path).toBe(`${base}/images/generations`)
  })
})

describe('headers', () => {
  const ways: [string, (provider: string) => Promise<unknown>][] = [
    ['a relayed answer', (provider) => chat(provider)],
    ['a relayed stream', (provider) => stream(provider)],
    ['the native API', (provider) => native('text', { modelId: `${provider}-chat` })],
  ]

  test.each(ways)('of the configuration, and the credential, go with %s', async (_, ask) => {
    await ask('with-headers')
    expect(upstream.last().headers).toMatchObject({
      authorization: 'Bearer house-credential',
      'x-team': 'trams',
      'x-secret': 'house-header',
    })
  })

  test.each(ways)(
    'without a credential there is no authorization with %s, least of all the client’s',
    async (_, ask) => {
      await ask('plain')
      const { headers } = upstream.last()
      expect(headers).not.toHaveProperty('authorization')
      expect(headers).not.toHaveProperty('x-team')
      expect(JSON.stringify(headers)).not.toContain(gateway.client.apiKey)
    },
  )
})
