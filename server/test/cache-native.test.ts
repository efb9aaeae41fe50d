import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CacheWorld, type Had } from './cache-world.ts'

let world: CacheWorld
beforeAll(async () => {
  world = await CacheWorld.start()
})
afterAll(() => world.close())
beforeEach(() => world.reset())

const SHARED = 'turnout_cache_requests_total{status="shared"}'
const untilJoined = (before: number, count: number) =>
  expect.poll(() => world.metric(SHARED), { timeout: 10_000 }).toBe(before + count)

/** What the last event of a stream says. */
const summaryOf = ({ raw }: Had) =>
  [...raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!)).find((event) => event.finishReason)

test('a text is given again, whole and as a stream', async () => {
  const key = await world.newKey('native')
  world.says('The first.', 'The second.')
  const first = (await world.native('Again.', {}, { key })).body.data
  expect(first).toMatchObject({ content: 'The first.', cached: false, attempts: 1 })
  const had = await world.native('Again.', {}, { key })
  expect(had.cache).toBe('hit')
  const again = had.body.data
  expect(again).toEqual({ ...first, requestId: again.requestId, cached: true, attempts: 0, fallbacks: 0, cost: '0' })
  expect(again.requestId).not.toBe(first.requestId)
  const stream = await world.native('Again.', { stream: true }, { key })
  expect(stream).toMatchObject({ cache: 'hit', text: 'The first.', finish: 'stop' })
  expect(stream.raw.trimEnd().endsWith('data: [DONE]')).toBe(true)
  expect(summaryOf(stream)).toMatchObject({ cached: true, cost: '0', usage: first.usage })
  expect(await world.ledger(key)).toEqual({ attempts: 1, cost: first.cost })
})

test('a stream is given again as a whole answer', async () => {
  world.says('The only one.')
  const stream = await world.native('Stream.', { stream: true, modelId: 'first', cache: { ttlSeconds: 9 } })
  expect(stream).toMatchObject({ cache: 'miss', text: 'The only one.' })
  const { requestId: _, ...summary } = summaryOf(stream)
  expect(summary.cached).toBe(false)
  const whole = (await world.native('Stream.', { modelId: 'first', cache: { ttlSeconds: 9 } })).body.data
  expect(whole).toMatchObject({ ...summary, content: 'The only one.', cached: true, attempts: 0, cost: '0' })
})

test('the header says the same, and what asks for nothing gets no word of it', async () => {
  const headers = { 'x-turnout-cache': '60' }
  expect((await world.native('Header.', { modelId: 'first' }, { headers })).cache).toBe('miss')
  expect((await world.native('Header.', { modelId: 'first' }, { headers })).cache).toBe('hit')
  const plain = await world.native('Header.', { modelId: 'first' })
  expect(plain.cache).toBeNull()
  expect(plain.body.data.cached).toBeUndefined()
  expect((await world.native('Header.', { cache: 'no-store' })).cache).toBeNull()
  const refused = await world.native('Header.', { cache: { ttlSeconds: 0 } })
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_input' } } })
})

test.each([false, true])(
  'twenty at once are one call, and go on when the first one leaves (stream: %s)',
  async (stream) => {
    const before = await world.metric(SHARED)
    const leaver = new AbortController()
    world.says('For all of them.')
    world.door.hold()
    const left = world.native(`Twenty ${stream}.`, { stream }, { signal: leaver.signal }).catch(() => 'left')
    await expect.poll(() => world.door.asked).toBe(1)
    const asked = Array.from({ length: 19 }, () => world.native(`Twenty ${stream}.`, { stream }))
    await untilJoined(before, 19)
    leaver.abort()
    expect(await left).toBe('left')
    world.door.open()
    const had = await Promise.all(asked)
    expect(had.map(({ status, text, cache, body }) => [status, cache, text || body.data.content])).toEqual(
      had.map(() => [200, 'shared', 'For all of them.']),
    )
    expect(world.door).toMatchObject({ asked: 1, givenUp: 0 })
    expect((await world.native(`Twenty ${stream}.`, { stream })).cache).toBe('hit')
  },
)

test('all that wait get the same error, which is not kept', async () => {
  const before = await world.metric(SHARED)
  const body = { error: { message: 'No.', type: 'invalid_request_error' } }
  world.gateway.emulator.faults.add({ fault: { kind: 'status', status: 400, body }, match: { operation: 'chat' } })
  world.door.hold()
  const ask = () => world.native('Fails.', { modelId: 'first', cache: { ttlSeconds: 9 } })
  const asked = [ask(), ask(), ask()]
  await untilJoined(before, 2)
  world.door.open()
  expect((await Promise.all(asked)).map(({ status, body }) => [status, body.error.code])).toEqual(
    asked.map(() => [400, 'invalid_input']),
  )
  expect(world.door.asked).toBe(1)
  expect(await ask()).toMatchObject({ status: 200, cache: 'miss' })
})

test('a call ends when all who wait for it leave', async () => {
  const before = await world.metric(SHARED)
  const leavers = [new AbortController(), new AbortController()]
  world.door.hold()
  const left = leavers.map(({ signal }) => world.native('All leave.', {}, { signal }).catch(() => 'left'))
  await untilJoined(before, 1)
  for (const leaver of leavers) leaver.abort()
  expect(await Promise.all(left)).toEqual(['left', 'left'])
  await expect.poll(() => world.door.givenUp).toBe(1)
  world.door.open()
  expect((await world.native('All leave.')).cache).toBe('miss')
})
