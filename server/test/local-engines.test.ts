import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const REMOTE = 'gpt-oss:120b-cloud'

let emulator: Emulator
let gateway: TestGateway
beforeAll(async () => {
  emulator = await startEmulator({ models: [REMOTE] })
  gateway = await startGateway({
    env: {
      LMSTUDIO_BASE_URL: `${emulator.baseUrl('lmstudio')}/v1`,
      OLLAMA_BASE_URL: `${emulator.baseUrl('ollama')}/v1`,
    },
    configuration: JSON.stringify({
      models: [
        {
          id: 'priced',
          provider: 'ollama',
          upstreamId: REMOTE,
          output: ['text'],
          settings: { remote: true },
          prices: {
            rates: [
              { unit: 'inputToken', usd: '1' },
              { unit: 'outputToken', usd: '1' },
            ],
            source: 'test',
            asOf: '2026-11-01',
          },
        },
      ],
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  await emulator.close()
})

const model = async (id: string) => {
  const { body } = await gateway.api('GET', '/api/models?limit=1000')
  return (body.data as { id: string }[]).find((each) => each.id === id)
}

test('LM Studio lists its models, one of them loaded with less context than it can have', async () => {
  expect(await model('lmstudio/qwen/qwen3-8b')).toMatchObject({
    limits: { contextTokens: 8192 },
    tags: ['loaded'],
    available: true,
  })
  expect(await model('lmstudio/google/gemma-3-12b')).toMatchObject({
    limits: { contextTokens: 131_072 },
    input: ['text', 'image'],
    tags: [],
  })
  expect(await model('lmstudio/text-embedding-nomic-embed-text-v1.5')).toMatchObject({ output: ['embedding'] })
})

test('Ollama lists its models with what their details tell', async () => {
  expect(await model('ollama/gemma3:12b')).toMatchObject({
    input: ['text', 'image'],
    capabilities: { streaming: true, vision: true, tools: false },
    limits: { contextTokens: 131_072 },
  })
})

test.each<[string, unknown]>([
  ['ollama/qwen3:8b', '0'],
  ['lmstudio/qwen/qwen3-8b', '0'],
  [`ollama/${REMOTE}`, null],
  ['priced', expect.stringMatching(/^[1-9]/)],
])('what a call of %s costs is free, unknown, or as the record says', async (id, cost) => {
  const { response } = await gateway.client.chat.completions
    .create({ model: id, messages: [{ role: 'user', content: 'x' }] })
    .withResponse()
  const { body } = await gateway.api('GET', `/api/usage?requestId=${response.headers.get('x-turnout-request-id')}`)
  expect(body.data).toMatchObject([{ outcome: 'succeeded', cost }])
})

test('LM Studio draws nothing, and says so', async () => {
  const { body } = await gateway.api('GET', '/api/providers')
  const found = (body.data as { id: string; operations: string[] }[]).find(({ id }) => id === 'lmstudio')
  expect(found?.operations).toEqual(['text', 'stream', 'embeddings'])
})

test.each([
  ['the right credential', 'engine-credential', true],
  ['a wrong one', 'another-credential', false],
])('an engine is asked with what is configured for it: %s', async (_, credential, isListed) => {
  const guarded = await startEmulator({ credentials: ['engine-credential'] })
  const own = await startGateway({
    env: { ENGINE_KEY: credential },
    configuration: JSON.stringify({
      providers: {
        lmstudio: {
          baseUrl: `${guarded.baseUrl('lmstudio')}/v1`,
          credential: 'env:ENGINE_KEY',
          headers: { 'x-tenant': 'tram' },
        },
      },
    }),
  })
  try {
    const { body } = await own.api('GET', '/api/models?limit=1000')
    const ids = (body.data as { id: string }[]).map(({ id }) => id)
    expect(ids.includes('lmstudio/qwen/qwen3-8b')).toBe(isListed)
    const asked = guarded.requests().filter(({ provider }) => provider === 'lmstudio')
    expect(asked.length).toBeGreaterThan(0)
    for (const { authorized, headers } of asked) {
      expect({ authorized, tenant: headers['x-tenant'] }).toEqual({ authorized: isListed, tenant: 'tram' })
    }
  } finally {
    await own.close()
    await guarded.close()
  }
})
