import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Hedges, type Member, NEVER, slow, type Way } from './hedging-world.ts'

let world: Hedges
beforeAll(async () => {
  world = await Hedges.start()
})
afterAll(() => world.close())
beforeEach(() => world.reset())

const BUFFERED: Way = { api: 'v1', stream: false }
const STREAMED: Way = { api: 'v1', stream: true }

const WAYS: [string, string, string, Way][] = (['v1', 'native'] as const).flatMap((api) =>
  [true, false].flatMap((stream): [string, string, string, Way][] => {
    const how = `${api}, ${stream ? 'streamed' : 'buffered'}`
    return [
      [how, 'soon', '', { api, stream }],
      [`${how}, in another dialect`, 'claudes', '-claude', { api, stream }],
    ]
  }),
)

describe('a member that does not begin', () => {
  test.each(WAYS)('is left for one that does (%s)', async (_, pool, kind, way) => {
    const text = await world.textOf(`south${kind}`, way)
    world.fail('north', NEVER)
    const had = await world.ask(`pool:${pool}`, way)
    expect(had).toMatchObject({ status: 200, text, finish: 'stop' })
    const told = way.api === 'native' ? had.last : Object.fromEntries(had.headers)
    expect(told).toMatchObject(
      way.api === 'native'
        ? { hedged: 'won', attempts: 2, fallbacks: 1, model: `south${kind}` }
        : {
            'x-turnout-hedged': 'won',
            'x-turnout-attempts': '2',
            'x-turnout-fallbacks': '1',
            'x-turnout-model': `south${kind}`,
          },
    )
    await expect.poll(() => world.sites.north.aborted()).toHaveLength(1)
    expect(world.sites.south.aborted()).toEqual([])
    await expect
      .poll(() => world.recorded(had))
      .toMatchObject([
        { model: `north${kind}`, outcome: 'canceled', errorCode: 'canceled' },
        { model: `south${kind}`, outcome: 'succeeded', errorCode: null },
      ])
    const [, second] = await world.recorded(had)
    expect(Number(second!.cost)).toBeCloseTo(world.billed('south'), 12)
  })

  test.each(WAYS)('answers all the same where the other one is slower (%s)', async (_, pool, kind, way) => {
    const text = await world.textOf(`north${kind}`, way)
    world.fail('north', slow(300))
    world.fail('south', NEVER)
    const had = await world.ask(`pool:${pool}`, way)
    expect(had).toMatchObject({ status: 200, text, finish: 'stop' })
    const told = way.api === 'native' ? had.last : Object.fromEntries(had.headers)
    expect(told).toMatchObject(
      way.api === 'native'
        ? { hedged: 'lost', attempts: 2, fallbacks: 0 }
        : { 'x-turnout-hedged': 'lost', 'x-turnout-attempts': '2', 'x-turnout-fallbacks': '0' },
    )
    await expect.poll(() => world.sites.south.aborted()).toHaveLength(1)
    await expect
      .poll(() => world.recorded(had))
      .toMatchObject([
        { model: `north${kind}`, outcome: 'succeeded' },
        { model: `south${kind}`, outcome: 'canceled' },
      ])
  })

  test('is not set aside for it', async () => {
    for (let i = 0; i < 3; i += 1) {
      world.fail('north', NEVER)
      await world.ask('pool:soon')
    }
    const { body } = await world.gateway.api('GET', '/api/deployments')
    const north = body.data.find(({ id }: { id: string }) => id === 'north')
    expect(north).toMatchObject({ state: 'ready', failures: 0, running: 0 })
  })

  test('is waited for where the pool does not hedge', async () => {
    world.fail('north', slow(200))
    const had = await world.ask('pool:never')
    expect(had.headers.get('x-turnout-hedged')).toBeNull()
    expect(had.headers.get('x-turnout-model')).toBe('north')
    expect(world.asked()).toEqual([1, 0, 0])
  })

  test('is left also where a stream is held until it is whole', async () => {
    const text = await world.textOf('south')
    world.fail('north', NEVER)
    const had = await world.ask('pool:whole')
    expect(had).toMatchObject({ status: 200, text, finish: 'stop' })
    expect(had.headers.get('x-turnout-hedged')).toBe('won')
  })
})

describe('when another one is asked', () => {
  test.each([
    ['streamed', STREAMED],
    ['buffered', BUFFERED],
  ])('is a matter of what was measured (%s)', async (_, way) => {
    world.fail('north', slow(200))
    const unknown = await world.ask('pool:measured', way)
    expect(unknown.headers.get('x-turnout-hedged')).toBeNull()
    expect(world.asked()).toEqual([1, 0, 0])
    await world.reset()
    const text = await world.textOf('south', way)
    for (let i = 0; i < 12; i += 1) await world.ask('north', way)
    world.fail('north', NEVER)
    const had = await world.ask('pool:measured', way)
    expect(had).toMatchObject({ status: 200, text })
    expect(had.headers.get('x-turnout-hedged')).toBe('won')
  })
})

describe('nobody else is asked', () => {
  test('who is drained', async () => {
    await world.gateway.api('POST', '/api/deployments/south/drain')
    world.fail('north', slow(200))
    const had = await world.ask('pool:soon')
    expect(had.headers.get('x-turnout-hedged')).toBeNull()
    expect(world.asked()).toEqual([1, 0, 0])
  })

  test('who cools down', async () => {
    world.fail('south', { kind: 'status', status: 401 })
    await world.ask('south')
    world.fail('north', slow(200))
    const had = await world.ask('pool:soon')
    expect(had.headers.get('x-turnout-model')).toBe('north')
    expect(world.asked()).toEqual([1, 1, 0])
  })

  test('beyond the cap of fallbacks', async () => {
    world.fail('north', slow(200))
    expect((await world.ask('pool:alone')).headers.get('x-turnout-hedged')).toBeNull()
    expect(world.asked()).toEqual([1, 0, 0])
  })

  test('for a picture, which is paid for twice', async () => {
    world.fail('north', slow(200))
    const response = await fetch(`${world.gateway.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-admin-key-of-enough-length', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'pool:pictures', prompt: 'A turnout.' }),
    })
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    expect(world.asked()).toEqual([1, 0, 0])
  })

  test('for more requests than the budget has', async () => {
    world.fail('north', slow(150), 8)
    const hedged: (string | null)[] = []
    for (let i = 0; i < 8; i += 1) hedged.push((await world.ask('pool:thrifty')).headers.get('x-turnout-hedged'))
    expect(hedged).toEqual([null, null, null, 'won', null, null, null, 'won'])
    expect(world.asked()).toEqual([8, 2, 0])
  })
})

describe('failures', () => {
  test.each([
    ['streamed', STREAMED],
    ['buffered', BUFFERED],
  ])('of both are one error that names both (%s)', async (_, way) => {
    world.fail('north', { kind: 'silence' }, 9)
    world.fail('south', { kind: 'status', status: 401 }, 9)
    const had = await world.ask('pool:failing', way)
    expect(had).toMatchObject({ status: 401, text: '', finish: null })
    expect(had.error).toMatchObject({
      code: 'authentication',
      attempts: [
        { deployment: 'south', code: 'authentication' },
        { deployment: 'north', code: 'timeout' },
      ],
    })
    expect(world.asked()).toEqual([1, 1, 0])
  })

  test('of the other one do not touch the first', async () => {
    const text = await world.textOf('north')
    world.fail('north', slow(300))
    world.fail('south', { kind: 'status', status: 400 }, 9)
    const had = await world.ask('pool:soon')
    expect(had).toMatchObject({ status: 200, text, finish: 'stop' })
    expect(had.headers.get('x-turnout-model')).toBe('north')
    expect(had.headers.get('x-turnout-attempts')).toBe('2')
  })

  test('of both lead on, within the cap', async () => {
    const text = await world.textOf('east')
    world.fail('north', { kind: 'status', status: 401 })
    world.fail('south', NEVER)
    const had = await world.ask('pool:three')
    // The second is the one whose turn it is by then, and the third is asked besides it.
    expect(had).toMatchObject({ status: 200, text })
    expect(had.headers.get('x-turnout-attempts')).toBe('3')
    await world.reset()
    world.fail('north', { kind: 'silence' }, 9)
    world.fail('south', { kind: 'status', status: 401 }, 9)
    expect((await world.ask('pool:capped')).status).toBeGreaterThanOrEqual(400)
    expect(world.asked()).toEqual([1, 1, 0])
  })

  test('of a stream that has begun, with nobody left to go on, are told', async () => {
    const text = await world.textOf('south')
    world.fail('north', NEVER)
    world.fail('south', { kind: 'cut', afterChunks: 4 })
    const had = await world.ask('pool:soon')
    expect(had.error.code).toBe('stream_interrupted')
    expect(text.startsWith(had.text)).toBe(true)
    expect(had.finish).toBeNull()
  })

  test('of a client that leaves end both', async () => {
    world.fail('north', NEVER)
    world.fail('south', NEVER)
    const controller = new AbortController()
    const asked = fetch(`${world.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-admin-key-of-enough-length', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'pool:soon', stream: true, messages: [{ role: 'user', content: 'Hello.' }] }),
      signal: controller.signal,
    }).catch(() => 'left')
    await expect.poll(() => world.asked()).toEqual([1, 1, 0])
    controller.abort()
    expect(await asked).toBe('left')
    await expect.poll(() => world.sites.north.aborted()).toHaveLength(1)
    await expect.poll(() => world.sites.south.aborted()).toHaveLength(1)
  })
})

test('whoever is slow or fails, an answer is whole and its own, and nobody is asked beyond the cap', async () => {
  const MEMBERS: Member[] = ['north', 'south', 'east']
  const texts = new Map<string, string>()
  for (const site of MEMBERS) {
    for (const way of [STREAMED, BUFFERED]) texts.set(`${site} ${way.stream}`, await world.textOf(site, way))
  }
  const fault = fc.option(
    fc.constantFrom(
      NEVER,
      slow(20),
      slow(60),
      { kind: 'status', status: 500 } as const,
      { kind: 'status', status: 401 } as const,
      { kind: 'reset' } as const,
    ),
    { nil: undefined },
  )
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.tuple(fault, fault, fault), async (stream, drawn) => {
      await world.reset()
      for (const [at, each] of drawn.entries()) if (each) world.fail(MEMBERS[at]!, each, 100)
      const had = await world.ask('pool:drawn', { api: 'v1', stream })
      const asked = world.asked()
      expect(asked.filter((count) => count > 0).length).toBeLessThanOrEqual(2)
      // One of two may be left before its request has arrived.
      const arrived = asked[0]! + asked[1]! + asked[2]!
      const most = had.headers.has('x-turnout-hedged') ? arrived + 1 : arrived
      expect([arrived, most]).toContain(Number(had.headers.get('x-turnout-attempts')))
      if (had.status === 200) {
        const model = had.headers.get('x-turnout-model') as Member
        expect(had).toMatchObject({ text: texts.get(`${model} ${stream}`), finish: 'stop', error: undefined })
      } else {
        expect(had).toMatchObject({ text: '', finish: null })
        expect(had.error.code).toBeDefined()
      }
      const lines = await world.recorded(had)
      expect(lines.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(had.status === 200 ? 1 : 0)
    }),
    { numRuns: 25 },
  )
})
