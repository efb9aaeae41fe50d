import { type Emulator, startEmulator } from '@turnout/emulator'
import { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ProviderAdapter } from '../src/core/adapter.ts'
import { ADAPTERS } from '../src/main.ts'
import { google } from '../src/providers/google.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { PIXEL } from './upstream.ts'

const MODEL = 'gemini-nano-banana-2.1'

let emulator: Emulator
let gateway: TestGateway
beforeAll(async () => {
  ;(ADAPTERS as Map<string, ProviderAdapter>).set(google.id, google)
  emulator = await startEmulator()
  gateway = await startGateway({
    env: { GEMINI_API_KEY: 'google-credential', GOOGLE_GEMINI_BASE_URL: emulator.baseUrl('google') },
  })
})
afterAll(async () => {
  await gateway.close()
  await emulator.close()
})
beforeEach(() => emulator.reset())

const kind = (base64: string | undefined) => Buffer.from(base64!, 'base64').toString('latin1', 1, 4)
const sent = () =>
  emulator.requests().flatMap(({ body, method }) => (method === 'POST' ? [body as Record<string, unknown>] : []))

test('several pictures come by as many calls, in the shape that was asked for', async () => {
  const { data, response } = await gateway.client.images
    .generate({ model: MODEL, prompt: 'a tram', n: 2, size: '1792x1024' })
    .withResponse()
  expect(data.data!.map(({ b64_json }) => kind(b64_json))).toEqual(['PNG', 'PNG'])
  expect(data.usage!.output_tokens).toBeGreaterThan(0)
  expect(response.headers.get('x-turnout-warnings')).toContain('1792x1024')
  expect(Number(response.headers.get('x-turnout-cost'))).toBeGreaterThan(0)
  expect(sent()).toHaveLength(2)
  expect(sent()[0]).toMatchObject({ generationConfig: { imageConfig: { aspectRatio: '16:9' } } })
})

test('an edit brings its pictures along', async () => {
  const image = await toFile(Buffer.from(PIXEL, 'base64'), 'tram.png', { type: 'image/png' })
  const { data } = await gateway.client.images.edit({ model: MODEL, prompt: 'snow', image })
  expect(data!.map(({ b64_json }) => kind(b64_json))).toEqual(['PNG'])
  const picture = { inlineData: { mimeType: 'image/png', data: PIXEL } }
  expect(sent()).toMatchObject([{ contents: [{ parts: expect.arrayContaining([picture]) }] }])
})

test('links lead to pictures that are kept here', async () => {
  const { data } = await gateway.client.images.generate({ model: MODEL, prompt: 'a tram', response_format: 'url' })
  const { url } = data![0]!
  expect(url!.startsWith(`${gateway.url}/api/artifacts/`)).toBe(true)
  const bytes = Buffer.from(await (await fetch(url!)).arrayBuffer())
  expect(bytes.toString('latin1', 1, 4)).toBe('PNG')
})

test('an input in the words of the model goes on, one that it does not know is refused', async () => {
  await gateway.client.images.generate({ model: MODEL, prompt: 'a tram', imageSize: '2K' } as never)
  expect(sent()).toMatchObject([{ generationConfig: { imageConfig: { imageSize: '2K' } } }])
  const wrong = gateway.client.images.generate({ model: MODEL, prompt: 'a tram', imageSize: '9K' } as never)
  await expect(wrong).rejects.toMatchObject({ status: 400, param: 'imageSize' })
  expect(sent()).toHaveLength(1)
})

test('the cheapest test of a model is one small picture', async () => {
  const { body } = await gateway.api('POST', `/api/models/${MODEL}/test`, { confirm: true })
  expect(body.data).toMatchObject({ kind: 'image', tested: true, ok: true, provider: 'google' })
  expect(sent()).toHaveLength(1)
})
