import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'
import { type Reply, startUpstream, type Upstream } from './upstream.ts'

let house: Upstream
let other: Upstream
let gateway: TestGateway
beforeAll(async () => {
  ;[house, other] = await Promise.all([startUpstream(), startUpstream()])
  // The first signal is that of the probe at start: when it is there, nothing but attempts can change it.
  house.list = { status: 500, body: {} }
  gateway = await startGateway({
    env: { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' },
    configuration: JSON.stringify({
      providers: { house: { baseUrl: house.origin }, other: { baseUrl: other.origin } },
      models: [
        { id: 'writer', provider: 'house', output: ['text'] },
        { id: 'painter', provider: 'house', output: ['image'] },
        { id: 'neighbour', provider: 'other', output: ['text'] },
      ],
      discovery: false,
      retry: { maxRetries: 0 },
    }),
  })
  await vi.waitFor(async () => expect(await up()).toBe(false))
})
afterAll(async () => {
  await gateway.close()
  await Promise.all([house.close(), other.close()])
})

const health = async () => (await gateway.api('GET', '/api/health', undefined, null)).body.data
const up = async (): Promise<boolean> => (await health()).providers.house

const messages = [{ role: 'user' as const, content: 'x' }]
const chat = () => gateway.client.chat.completions.create({ model: 'writer', messages })
const fail = async (reply: Reply, ask: () => Promise<unknown> = chat) => {
  house.reply(reply)
  await expect(ask()).rejects.toThrow()
}
const status = (code: number, error: object = {}): Reply => ({
  status: code,
  body: { error: { message: 'no', ...error } },
})

/** Each test starts from a provider that has just answered. */
beforeEach(() => chat())

test('three failed attempts in a row make a provider down, and one success makes it up again', async () => {
  expect(await up()).toBe(true)
  await fail(status(500))
  await fail(status(503))
  expect(await up()).toBe(true)
  await fail(status(500))
  expect(await health()).toMatchObject({
    status: 'degraded',
    providers: { house: false, other: true },
    summary: { healthy: 1, total: 2, percentage: 50 },
  })
  await chat()
  expect(await health()).toMatchObject({ status: 'healthy', providers: { house: true, other: true } })
})

test('a success in between starts the count anew', async () => {
  for (const _ of [1, 2, 3]) {
    await fail(status(500))
    await fail(status(500))
    await chat()
  }
  await fail(status(500))
  await fail(status(500))
  expect(await up()).toBe(true)
})

test.each<[string, Reply, (() => Promise<unknown>)?]>([
  ['failures', status(500)],
  ['overload', status(503)],
  ['silence behind a proxy', status(504)],
  ['a refused credential', status(401)],
  ['an empty account', status(429, { code: 'insufficient_quota' })],
  [
    'pictures whose fate is unknown',
    status(502),
    () => gateway.client.images.generate({ model: 'painter', prompt: 'x' }),
  ],
  [
    'the native API',
    status(500),
    async () => {
      const { body } = await gateway.api('POST', '/api/generate-text', { modelId: 'writer', prompt: 'x' })
      if (!body.success) throw new Error(body.error.message)
    },
  ],
])('%s make it down', async (_, reply, ask) => {
  for (const _ of [1, 2, 3]) await fail(reply, ask)
  expect(await up()).toBe(false)
})

test.each<[string, Reply]>([
  ['invalid requests', status(400)],
  ['moderation', status(400, { code: 'moderation_blocked' })],
  ['models that it does not know', status(404)],
  ['too many requests', status(429)],
  ['unprocessable requests', status(422)],
])('%s are no fault of the provider', async (_, reply) => {
  for (const _ of [1, 2, 3, 4]) await fail(reply)
  expect(await up()).toBe(true)
})

test('nor are clients that go away', async () => {
  for (const _ of [1, 2, 3, 4]) {
    const leaving = new AbortController()
    house.reply(null)
    const asked = gateway.client.chat.completions.create({ model: 'writer', messages }, { signal: leaving.signal })
    await vi.waitFor(() => expect(house.waiting()).toBe(1))
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await vi.waitFor(() => expect(house.waiting()).toBe(0))
  }
  expect(await up()).toBe(true)
})
