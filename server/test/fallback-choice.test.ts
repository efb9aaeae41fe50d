import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MESSAGES, NAMES, Pools } from './fallback-world.ts'

let pools: Pools
beforeAll(async () => {
  pools = await Pools.start()
})
afterAll(() => pools.gateway.close())
beforeEach(() => pools.reset())

describe('what a request needs', () => {
  const picture = {
    type: 'image_url',
    image_url: {
      url: `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='}`,
    },
  }
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, picture] }]

  test('is known before anybody is called', async () => {
    const had = await pools.chat('pool:seeing', false, { messages })
    expect(had.status).toBe(200)
    expect(had.headers.get('x-turnout-model')).toBe('second')
    expect(had.headers.get('x-turnout-fallbacks')).toBe('0')
  })

  test('and where nobody can do it, each is named with its reason', async () => {
    const had = await pools.chat('pool:blind', false, { messages })
    expect(had).toMatchObject({ status: 400, error: { code: 'capability_missing' } })
    expect(had.error.message).toContain('blind does not take pictures')
    expect(pools.asked()).toEqual([])
  })

  test('and is explained without a call', async () => {
    const explain = async (model: string, more: object = {}) =>
      (await pools.gateway.api('POST', '/api/route/explain', { model, messages, ...more })).body.data
    expect(await explain('pool:seeing')).toMatchObject({
      route: 'pool:seeing',
      pool: 'seeing',
      strategy: 'priority',
      output: 'text',
      candidates: [{ deployment: 'second', provider: 'openai', state: 'ready', note: null, reached: true }],
      skipped: [{ deployment: 'blind', code: 'vision', reason: 'does not take pictures' }],
    })
    expect((await explain('pool:lenient')).candidates[0].note).toContain('left out')
    const long = { messages: [{ role: 'user', content: 'a'.repeat(2_000) }] }
    expect((await explain('pool:growing', long)).skipped).toMatchObject([{ deployment: 'small', code: 'context' }])
    const landing = await explain('role:writer', { messages: MESSAGES, productType: 'landing' })
    expect(landing).toMatchObject({ route: 'role:writer', pool: 'landing', candidates: [{ deployment: 'second' }] })
    const capped = await explain('pool:no-further', { messages: MESSAGES })
    expect(capped.candidates.map(({ reached }: { reached: boolean }) => reached)).toEqual([true, false, false])
    const { status } = await pools.gateway.api('POST', '/api/route/explain', { model: 'pool:none', prompt: 'Hi.' })
    expect(status).toBe(404)
    expect(pools.asked()).toEqual([])
  })

  test('unless the pool lets something go, which is told', async () => {
    const had = await pools.chat('pool:lenient', false, { messages })
    expect(had.status).toBe(200)
    expect(had.headers.get('x-turnout-warnings')).toContain('does not take pictures; one was left out')
    const [sent] = pools.gateway.emulator.requests().filter(({ method }) => method === 'POST')
    expect(JSON.stringify(sent!.body)).not.toContain('image_url')
  })

  test.each([
    ['a header', {}, { 'x-turnout-product-type': 'landing' }],
    ['metadata', { metadata: { product_type: 'landing' } }, {}],
  ])('a product type by %s leads to the pool for it', async (_, more, headers) => {
    expect((await pools.chat('role:writer', false, more, headers)).headers.get('x-turnout-model')).toBe('second')
  })
})

describe('health', () => {
  const stateOf = async (id: string) =>
    (await pools.gateway.api('GET', '/api/deployments')).body.data.find((each: { id: string }) => each.id === id)

  test('one that is refused cools down, and the next request does not ask it', async () => {
    pools.fail('first', { kind: 'status', status: 401 })
    await pools.chat('pool:fast')
    expect(await stateOf('first')).toMatchObject({ state: 'cooling', lastError: { code: 'authentication' } })
    pools.gateway.emulator.reset()
    expect((await pools.chat('pool:fast')).headers.get('x-turnout-model')).toBe('second')
    expect(pools.asked()).toEqual(['second'])
    const { body } = await pools.gateway.api('POST', '/api/route/explain', { model: 'pool:fast', messages: MESSAGES })
    expect(body.data.candidates.map(({ deployment }: { deployment: string }) => deployment)).toEqual([
      'second',
      'third',
      'first',
    ])
    expect(body.data.candidates[2].note).toContain('cooling down until')
  })

  test('when all cool down, the least bad one is asked', async () => {
    for (const name of NAMES) pools.fail(name, { kind: 'status', status: 401 }, 1)
    await pools.chat('pool:fast')
    expect(await pools.chat('pool:fast')).toMatchObject({ status: 200 })
  })

  test('an operator drains one and brings it back', async () => {
    expect((await pools.gateway.api('POST', '/api/deployments/first/drain')).body.data.state).toBe('drained')
    await pools.chat('pool:fast')
    expect(pools.asked()).toEqual(['second'])
    const { body } = await pools.gateway.api('POST', '/api/route/explain', { model: 'pool:fast', messages: MESSAGES })
    expect(body.data.skipped).toEqual([{ deployment: 'first', code: 'drained', reason: 'is drained' }])
    expect((await pools.chat('pool:alone')).error.code).toBe('exhausted')
    await pools.gateway.api('POST', '/api/deployments/first/reset')
    expect((await pools.chat('pool:alone')).status).toBe(200)
    expect((await pools.gateway.api('POST', '/api/deployments/none/at-all/drain')).status).toBe(404)
  })

  test('headers that say that nothing is left are heeded before a refusal', async () => {
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '30s' }
    pools.fail('first', { kind: 'status', status: 500, headers }, 1)
    await pools.chat('pool:fast')
    expect(await stateOf('first')).toMatchObject({ state: 'cooling' })
  })
})
