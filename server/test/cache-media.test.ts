import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CacheWorld } from './cache-world.ts'

let world: CacheWorld
let passing: CacheWorld
beforeAll(async () => {
  world = await CacheWorld.start()
  // Pictures are passed through, and are no jobs.
  passing = await CacheWorld.start(['--durable-images', 'false'])
})
afterAll(async () => {
  await world.close()
  await passing.close()
})
beforeEach(async () => {
  await world.reset()
  await passing.reset()
})

const SHARED = 'turnout_cache_requests_total{status="shared"}'
const turnout = { cache: { ttlSeconds: 60 } }
const IMAGE = 'gpt-image-1-mini'
const EMBEDDING = 'text-embedding-3-small'

describe('embeddings', () => {
  const embed = (input: string, body: object = {}, headers = {}) =>
    world.post('/v1/embeddings', { model: EMBEDDING, input, ...body }, { headers })

  test('are given again, and ask the provider for nothing that it does not know', async () => {
    const first = await embed('One.', { turnout })
    const again = await embed('One.', { turnout })
    expect([first.status, first.cache, again.cache]).toEqual([200, 'miss', 'hit'])
    expect(again.raw).toBe(first.raw)
    expect(again.headers.get('x-turnout-cost')).toBe('0')
    expect((await embed('One.', { turnout, dimensions: 8 })).cache).toBe('miss')
    expect((await embed('One.')).cache).toBeNull()
    expect((await embed('One.', {}, { 'x-turnout-cache': '9' })).cache).toBe('hit')
    expect(world.door.asked).toBe(3)
    const sent = world.gateway.emulator.requests().flatMap(({ body }) => Object.keys((body ?? {}) as object))
    expect(sent).not.toContain('turnout')
  })

  test('take nothing but the cache from the extension', async () => {
    const { status, body } = await embed('Two.', { turnout: { validate: {} } })
    expect(status).toBe(400)
    expect(body.error.param).toBe('turnout.validate')
  })
})

describe('pictures', () => {
  const draw = (prompt: string, body: object = {}, on = world) =>
    on.post('/v1/images/generations', { model: IMAGE, prompt, size: '1024x1024', turnout, ...body })

  test('are made once for all who ask at once, and given again', async () => {
    const before = await world.metric(SHARED)
    world.door.hold()
    const asked = [1, 2, 3].map(() => draw('A tram.'))
    await expect.poll(() => world.metric(SHARED)).toBe(before + 2)
    world.door.open()
    const had = await Promise.all(asked)
    expect(had.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(had.map(({ raw }) => raw)).size).toBe(1)
    expect(had.map(({ headers }) => headers.get('x-turnout-cost')).filter((cost) => cost === '0')).toHaveLength(2)
    const again = await draw('A tram.')
    expect([again.cache, again.headers.get('x-turnout-attempts')]).toEqual(['hit', '0'])
    expect(again.raw).toBe(had[0]!.raw)
    expect((await draw('A tram.', { n: 2 })).cache).toBe('miss')
    expect(world.door.asked).toBe(2)
  })

  test('of a job are given again, and name it once', async () => {
    const first = await draw('A tram at night.')
    const again = await draw('A tram at night.')
    expect(first.headers.get('x-turnout-job-id')).toMatch(/^job_/)
    expect([again.cache, again.headers.get('x-turnout-job-id')]).toEqual(['hit', null])
    expect(again.raw).toBe(first.raw)
  })

  test('that pass through are given again too', async () => {
    const first = await draw('A tram at night.', {}, passing)
    expect(first).toMatchObject({ status: 200, cache: 'miss' })
    expect(first.headers.get('x-turnout-job-id')).toBeNull()
    const again = await draw('A tram at night.', {}, passing)
    expect(again.cache).toBe('hit')
    expect(again.raw).toBe(first.raw)
    expect(passing.door.asked).toBe(1)
  })

  test.each([
    ['links', { response_format: 'url' }],
    ['streams', { stream: true }],
  ])('are never kept as %s', async (_, more) => {
    for (let i = 0; i < 2; i += 1) {
      const { status, cache } = await draw('Not kept.', more)
      expect([status, cache]).toEqual([200, null])
    }
    expect(world.door.asked).toBe(2)
  })

  test('of the native API are given again', async () => {
    const draw = (body: object = {}) =>
      world.post('/api/generate-image', { modelId: IMAGE, prompt: 'A turnout.', cache: { ttlSeconds: 60 }, ...body })
    const first = await draw()
    const again = await draw()
    expect([first.cache, again.cache]).toEqual(['miss', 'hit'])
    const { requestId, ...told } = again.body.data
    expect(told).toEqual({ ...told, images: first.body.data.images, cached: true, cost: '0', attempts: 0 })
    expect(requestId).not.toBe(first.body.data.requestId)
    expect(first.body.data.cached).toBe(false)
    expect((await draw({ user: 'somebody' })).cache).toBe('miss')
    expect((await draw({ cache: 'no-store' })).cache).toBeNull()
  })
})
