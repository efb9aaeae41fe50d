import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'
import { done, inline, type Studio, startStudio } from './studio.ts'

const CHAT = 'gpt-5.4-mini'
const prices = { rates: [{ unit: 'image', usd: '0.04' }], source: 'test', asOf: '2026-11-01' }

let studio: Studio
let gateway: TestGateway
beforeAll(async () => {
  studio = await startStudio()
  gateway = await startGateway({
    configuration: JSON.stringify({
      providers: {
        studio: { adapter: 'studio', baseUrl: studio.origin },
        home: { adapter: 'studio', baseUrl: studio.origin, local: true },
      },
      models: [
        { id: 'brush', provider: 'studio', output: ['image'], prices },
        { id: 'free', provider: 'studio', output: ['image'], limits: { minSide: 64, sideMultiple: 32 } },
        { id: 'listed', provider: 'studio', output: ['image'], limits: { sizes: ['1024x1024', '512x768', 'auto'] } },
        {
          id: 'fine',
          provider: 'studio',
          output: ['image'],
          inputs: { properties: { quality: { enum: ['low', 'high'] } } },
        },
        { id: 'eraser', provider: 'studio', output: ['image'], inputs: { type: 'object', required: ['image'] } },
        { id: 'own/brush', provider: 'home', output: ['image'] },
        { id: 'film', provider: 'studio', output: ['video'] },
      ],
      discovery: false,
      retry: { maxRetries: 0 },
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  await studio.close()
})
beforeEach(() => {
  studio.reset()
  gateway.emulator.reset()
})

const ask = async (id: string, body?: object) => {
  const answer = await gateway.api('POST', `/api/models/${id}/test`, body)
  return { status: answer.status, ...answer.body }
}

describe('a call that is paid for', () => {
  test('is not made without being confirmed: the answer says what it would cost', async () => {
    for (const body of [undefined, {}, { confirm: false }]) {
      expect(await ask('brush', body)).toMatchObject({
        status: 200,
        data: {
          model: 'brush',
          provider: 'studio',
          kind: 'image',
          tested: false,
          estimate: '0.04',
          note: expect.stringMatching(/at most about \$0\.04\..*"confirm": true/),
        },
      })
    }
    expect(studio.calls).toEqual([])
  })

  test('says so where nobody knows what it costs', async () => {
    expect((await ask('free')).data).toMatchObject({ estimate: null, note: expect.stringContaining('not known') })
    const { data } = await ask('gpt-image-2')
    expect(data).toMatchObject({ estimate: null, note: expect.stringContaining('paid by what it puts out') })
  })

  test('is made when it is confirmed, and is on the bill', async () => {
    const { data } = await ask('brush', { confirm: true })
    expect(data).toMatchObject({ tested: true, ok: true, cost: '0.04', latencyMs: expect.any(Number), warnings: [] })
    expect(studio.calls).toMatchObject([{ count: 1, size: undefined }])
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    expect(body.data).toMatchObject([{ operation: 'image.generate', outcome: 'succeeded', cost: '0.04' }])
  })

  test('that fails is an answer too', async () => {
    studio.start(() => {
      throw new Error('broken')
    })
    expect(await ask('brush', { confirm: true })).toMatchObject({
      status: 200,
      data: { tested: true, ok: false, error: { code: 'internal' } },
    })
  })
})

test('the cheapest picture is the smallest one of the lowest quality', async () => {
  for (const id of ['free', 'listed', 'fine']) await ask(id, { confirm: true })
  expect(studio.calls).toMatchObject([
    { size: { width: 256, height: 256 } },
    { size: { width: 512, height: 768 } },
    { quality: 'low', size: undefined },
  ])
})

test('text is a short prompt with few tokens', async () => {
  const { data } = await ask(CHAT)
  expect(data).toMatchObject({ kind: 'text', tested: false })
  expect(Number(data.estimate)).toBeGreaterThan(0)
  expect(gateway.emulator.requests()).toEqual([])
  const made = (await ask(CHAT, { confirm: true })).data
  expect(made).toMatchObject({ tested: true, ok: true })
  expect(Number(made.cost)).toBeLessThanOrEqual(Number(data.estimate))
  expect(gateway.emulator.requests()).toHaveLength(1)
})

test('an embedding is one word', async () => {
  const { data } = await ask('text-embedding-3-small', { confirm: true })
  expect(data).toMatchObject({ kind: 'embedding', tested: true, ok: true })
  expect(Number(data.cost)).toBeLessThanOrEqual(Number(data.estimate))
  expect(gateway.emulator.requests().map(({ operation }) => operation)).toEqual(['embeddings'])
})

test('what runs on a machine of one’s own is called at once, also by an id with slashes', async () => {
  for (const id of ['own/brush', 'own%2Fbrush']) {
    studio.start(() => done(inline))
    expect((await ask(id)).data).toMatchObject({ model: 'own/brush', tested: true, ok: true, estimate: '0', cost: '0' })
  }
})

test.each([
  ['film', 'video', 'not tested this way'],
  ['eraser', 'image', 'more than a prompt'],
])('%s cannot be tested by one call', async (id, kind, note) => {
  expect(await ask(id, { confirm: true })).toMatchObject({
    status: 200,
    data: { kind, tested: false, estimate: null, note: expect.stringContaining(note) },
  })
  expect(studio.calls).toEqual([])
})

test.each([
  ['none', {}, 404, 'model_not_found'],
  ['dall-e-3', {}, 410, 'model_retired'],
  ['brush', { sure: true }, 400, 'invalid_input'],
])('%s with %j is refused', async (id, body, status, code) => {
  expect(await ask(id, body)).toMatchObject({ status, error: { code } })
})

test('a model alone takes no POST', async () => {
  const { status, headers } = await gateway.api('POST', '/api/models/brush', {})
  expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'DELETE, GET, HEAD, PUT' })
})
