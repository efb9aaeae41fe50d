import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const CHAT = 'gpt-5.4-mini'
const IMAGE = 'gpt-image-2'

interface Ask {
  path: string
  body?: unknown
  key?: string
  type?: string
  method?: string
}

const chat = (more: object = {}): Ask => ({
  path: '/v1/chat/completions',
  body: { model: CHAT, messages: [{ role: 'user', content: 'x' }], ...more },
})

/** Every kind of answer that /v1 gives. */
const ANSWERS: [what: string, status: number, ask: Ask][] = [
  ['a completion', 200, chat()],
  ['a stream', 200, chat({ stream: true, max_completion_tokens: 5 })],
  ['embeddings', 200, { path: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'x' } }],
  ['a picture', 200, { path: '/v1/images/generations', body: { model: IMAGE, prompt: 'x', quality: 'low' } }],
  ['the list of models', 200, { path: '/v1/models' }],
  ['a model', 200, { path: `/v1/models/${CHAT}` }],
  ['an unknown model', 404, { path: '/v1/models/none' }],
  ['a request that is not valid', 400, chat({ messages: [] })],
  ['a body that is not JSON', 400, { path: '/v1/chat/completions', body: '{' }],
  ['another content type', 415, { ...chat(), type: 'text/plain' }],
  ['a missing capability', 400, chat({ model: IMAGE })],
  ['a retired model', 410, chat({ model: 'dall-e-3' })],
  ['what the provider refuses', 400, chat({ nonsense: 1 })],
  ['a wrong key', 401, { ...chat(), key: 'trn_wrong' }],
  ['an unknown route', 404, { path: '/v1/nonsense' }],
  ['the bare prefix', 404, { path: '/v1' }],
  ['a wrong method', 405, { path: '/v1/models', method: 'DELETE' }],
  ['a forged link', 403, { path: '/v1/artifacts/x.png?expires=1&signature=x' }],
]

async function answer({ url }: TestGateway, { path, body, key = ADMIN_KEY, type, method }: Ask): Promise<Response> {
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${key}`, 'content-type': type ?? 'application/json' },
    body: body === undefined || typeof body === 'string' ? (body as string | undefined) : JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response
}

let emulated: TestGateway
let real: TestGateway
beforeAll(async () => {
  ;[emulated, real] = await Promise.all([startGateway({ args: ['--emulate', 'always'] }), startGateway()])
})
afterAll(() => Promise.all([emulated.close(), real.close()]))

describe('x-turnout-emulated', () => {
  test.each(ANSWERS)('marks %s where the emulator stands in, and only there', async (_, status, ask) => {
    const [marked, plain] = await Promise.all([answer(emulated, ask), answer(real, ask)])
    expect([marked.status, plain.status]).toEqual([status, status])
    expect(marked.headers.get('x-turnout-emulated')).toBe('true')
    expect(plain.headers.has('x-turnout-emulated')).toBe(false)
  })

  test('marks a picture that is fetched by its link', async () => {
    for (const [gateway, mark] of [
      [emulated, 'true'],
      [real, null],
    ] as const) {
      const asked = { model: IMAGE, prompt: 'x', quality: 'low', response_format: 'url' } as const
      const { data } = await gateway.client.images.generate(asked)
      const picture = await fetch(data![0]!.url!)
      expect(picture.status).toBe(200)
      expect((await picture.arrayBuffer()).byteLength).toBeGreaterThan(0)
      expect(picture.headers.get('x-turnout-emulated')).toBe(mark)
    }
  })

  test('where it stands in, no provider is called though one is configured, and the records say so', async () => {
    const { headers } = await answer(emulated, chat())
    const { body } = await emulated.api('GET', `/api/usage?requestId=${headers.get('x-turnout-request-id')}`)
    expect(body.data).toMatchObject([{ outcome: 'succeeded', emulated: true }])
    expect(emulated.emulator.requests()).toEqual([])
    expect(real.emulator.requests().length).toBeGreaterThan(0)
  })
})
