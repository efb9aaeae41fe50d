import { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProviderAdapter } from '../src/core/adapter.ts'
import { ADAPTERS } from '../src/main.ts'
import { createOpenAIDoor } from '../src/providers/shared/openai-door.ts'
import { FAST_RETRIES, startGateway, type TestGateway } from './gateway.ts'
import { PIXEL, startUpstream, type Upstream } from './upstream.ts'

/** Providers that speak the dialect for text alone, and draw by an API of their own. */
let upstream: Upstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startUpstream()
  const mute: ProviderAdapter = { id: 'mute', openai: createOpenAIDoor({ operations: ['chat'] }) }
  ;(ADAPTERS as Map<string, ProviderAdapter>).set(mute.id, mute)
  gateway = await startGateway({
    env: { SOME_CREDENTIAL: 'some-credential' },
    configuration: JSON.stringify({
      providers: Object.fromEntries(
        ['dashscope', 'hunyuan', 'mute'].map((id) => [
          id,
          { baseUrl: upstream.origin, adapter: id, credential: 'env:SOME_CREDENTIAL' },
        ]),
      ),
      models: [
        { id: 'qwen', provider: 'dashscope', upstreamId: 'qwen-image-2.0', output: ['image'] },
        { id: 'qwen-chat', provider: 'dashscope', output: ['text'] },
        { id: 'hy', provider: 'hunyuan', upstreamId: 'hy-image-lite', output: ['image'] },
        { id: 'hy-embed', provider: 'hunyuan', output: ['embedding'] },
        { id: 'mute-embed', provider: 'mute', output: ['embedding'] },
      ],
      discovery: false,
      retry: { maxRetries: 0 },
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
beforeEach(() => {
  upstream.arrived.length = 0
  // What the links of its answers lead to.
  upstream.list = { headers: { 'content-type': 'image/svg+xml' }, body: DRAWING }
})

const DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>'
const link = () => `${upstream.origin}/made.png`

describe('pictures of a provider that speaks the dialect for text', () => {
  test('are made by its own API at DashScope', async () => {
    upstream.reply({
      body: { request_id: 'r1', output: { choices: [{ message: { content: [{ image: link() }] } }] }, usage: {} },
    })
    const { data } = await gateway.client.images.generate({ model: 'qwen', prompt: 'a tram', size: '1024x1024' })
    expect(data).toHaveLength(1)
    expect(upstream.last()).toMatchObject({
      path: '/api/v1/services/aigc/multimodal-generation/generation',
      headers: { authorization: 'Bearer some-credential' },
      body: { model: 'qwen-image-2.0', parameters: { size: '1024*1024' } },
    })
  })

  test('are edited by it too', async () => {
    upstream.reply({
      body: { request_id: 'r1', output: { choices: [{ message: { content: [{ image: link() }] } }] }, usage: {} },
    })
    const image = await toFile(Buffer.from(PIXEL, 'base64'), 'tram.png', { type: 'image/png' })
    await gateway.client.images.edit({ model: 'qwen', prompt: 'snow', image })
    const content = [{ image: `data:image/png;base64,${PIXEL}` }, { text: 'snow' }]
    expect(upstream.last().body).toMatchObject({ input: { messages: [{ role: 'user', content }] } })
  })

  test('are made by its own API at Hunyuan', async () => {
    upstream.reply({ body: { request_id: 'r1', data: [{ url: link() }] } })
    await gateway.client.images.generate({ model: 'hy', prompt: 'a tram' })
    expect(upstream.last()).toMatchObject({ path: '/api/image/lite', body: { model: 'hy-image-lite' } })
  })

  test('while its text passes through', async () => {
    await gateway.client.chat.completions.create({ model: 'qwen-chat', messages: [{ role: 'user', content: 'x' }] })
    expect(upstream.last().path).toBe('/compatible-mode/v1/chat/completions')
    upstream.reply({ body: { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 1 } } })
    await gateway.client.embeddings.create({ model: 'hy-embed', input: 'x', encoding_format: 'float' })
    expect(upstream.last().path).toBe('/v1/embeddings')
  })
})

test('what a provider serves in no way is refused, before anything is sent', async () => {
  await expect(gateway.client.embeddings.create({ model: 'mute-embed', input: 'x' })).rejects.toMatchObject({
    status: 400,
    code: 'capability_missing',
    param: 'model',
  })
  expect(upstream.arrived).toEqual([])
})

describe('the native API', () => {
  let openai: TestGateway
  beforeAll(async () => {
    openai = await startGateway({ configuration: FAST_RETRIES })
  })
  afterAll(() => openai.close())

  test('edits pictures at OpenAI, as strict as that is', async () => {
    const drawn = await openai.client.images.generate({ model: 'gpt-image-2', prompt: 'a tram', size: '1024x1024' })
    const images = [`data:image/png;base64,${drawn.data![0]!.b64_json}`]
    const { status, body } = await openai.api('POST', '/api/generate-image', {
      modelId: 'gpt-image-2',
      prompt: 'snow',
      images,
      mask: images[0],
      count: 2,
      quality: 'low',
      outputFormat: 'webp',
      background: 'opaque',
    })
    expect(status).toBe(200)
    expect(body.data.images.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual([
      'image/webp',
      'image/webp',
    ])
    expect(body.data.warnings).toEqual([])
    expect(openai.emulator.requests().at(-1)).toMatchObject({ operation: 'images.edit' })
  })
})
