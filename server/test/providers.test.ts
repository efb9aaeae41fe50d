import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'
import { startUpstream, type Upstream } from './upstream.ts'

let house: Upstream
let gateway: TestGateway
beforeAll(async () => {
  house = await startUpstream()
  house.list = {
    status: 401,
    body: { error: { message: 'Incorrect key house-credential-123', code: 'invalid_api_key' } },
  }
  gateway = await startGateway({
    env: { HOUSE_KEY: 'house-credential-123', AWS_ID: 'AKIAHOUSE', AWS_SECRET: 'house-secret' },
    configuration: JSON.stringify({
      providers: { house: { baseUrl: house.origin, credential: 'env:HOUSE_KEY' } },
      models: [{ id: 'writer', provider: 'house', output: ['text'] }],
      discovery: false,
      retry: { maxRetries: 0 },
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  await house.close()
})

const provider = async (id: string) => {
  const { body } = await gateway.api('GET', '/api/providers')
  return (body.data as { id: string }[]).find((each) => each.id === id)
}

test('every provider is listed once, sorted, configured or not', async () => {
  const { status, body } = await gateway.api('GET', '/api/providers')
  const ids = (body.data as { id: string }[]).map(({ id }) => id)
  expect(status).toBe(200)
  expect(ids).toEqual([...new Set(ids)].sort())
  expect(ids).toEqual(expect.arrayContaining(['anthropic', 'bedrock', 'bfl', 'fal', 'google', 'house', 'openai']))
})

test('one that answers is reachable, with what it can be asked for', async () => {
  await vi.waitFor(async () => {
    expect(await provider('openai')).toEqual({
      id: 'openai',
      name: 'OpenAI',
      adapter: 'openai',
      supported: true,
      configured: true,
      local: false,
      emulated: false,
      reachable: true,
      operations: ['text', 'stream', 'image', 'embeddings'],
      models: { known: expect.any(Number), available: expect.any(Number) },
      setup: null,
      lastError: null,
    })
  })
})

test('one that is not configured has not been heard of', async () => {
  expect(await provider('fal')).toMatchObject({
    configured: false,
    reachable: null,
    lastError: null,
    models: { available: 0 },
    setup: expect.stringContaining('FAL_KEY'),
  })
  expect(await provider('hunyuan')).toMatchObject({
    setup: expect.stringMatching(/^Set HUNYUAN_API_KEY or TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, or name/),
  })
})

test('one whose models are the account’s own says how it comes by them', async () => {
  expect(await provider('sagemaker')).toMatchObject({
    configured: true,
    models: { known: 2, available: 0 },
    setup: expect.stringContaining('sagemaker/wan'),
  })
})

test('one that refuses its credential is not reachable and says so, without the credential', async () => {
  await vi.waitFor(async () => expect(await provider('house')).toMatchObject({ reachable: false }))
  const found = await provider('house')
  expect(found).toMatchObject({
    id: 'house',
    name: 'house',
    adapter: 'openai-compatible',
    models: { known: 1, available: 1 },
    lastError: { code: 'authentication', message: expect.stringContaining('refused the credential') },
  })
  expect(JSON.stringify(found)).not.toContain('house-credential-123')
})

test('a later success makes it reachable again, and the last failure stays', async () => {
  await vi.waitFor(async () => expect(await provider('house')).toMatchObject({ reachable: false }))
  const messages = [{ role: 'user' as const, content: 'x' }]
  await gateway.client.chat.completions.create({ model: 'writer', messages })
  expect(await provider('house')).toMatchObject({ reachable: true, lastError: { code: 'authentication' } })
  house.reply({ status: 429, body: { error: { message: 'slow down' } } })
  await expect(gateway.client.chat.completions.create({ model: 'writer', messages })).rejects.toThrow()
  expect(await provider('house')).toMatchObject({ reachable: true, lastError: { code: 'rate_limit' } })
  house.reply({ status: 400, body: { error: { message: 'no such field' } } })
  await expect(gateway.client.chat.completions.create({ model: 'writer', messages })).rejects.toThrow()
  expect(await provider('house')).toMatchObject({ reachable: true, lastError: { code: 'rate_limit' } })
})
