import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CacheWorld, type Had } from './cache-world.ts'

let world: CacheWorld
beforeAll(async () => {
  world = await CacheWorld.start()
})
afterAll(() => world.close())
beforeEach(() => world.reset())
afterEach(() => {
  vi.useRealTimers()
})

const SHARED = 'turnout_cache_requests_total{status="shared"}'
/** Resolves when so many more requests wait together with one under way. */
const untilJoined = (before: number, count: number) =>
  expect.poll(() => world.metric(SHARED), { timeout: 10_000 }).toBe(before + count)
const askedOnce = (had: readonly Had[]) => {
  expect(had.map(({ status }) => status)).toEqual(had.map(() => 200))
  expect(world.door.asked).toBe(1)
}

describe('an answer that is kept', () => {
  test('is given again by the SDK, costs nothing, and is no attempt', async () => {
    const apiKey = await world.newKey('sdk')
    const client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey, maxRetries: 0 })
    world.says('The first.', 'The second.')
    const ask = () =>
      client.chat.completions
        .create({
          model: 'first',
          messages: [{ role: 'user', content: 'By the SDK.' }],
          ...({ turnout: { cache: { ttlSeconds: 300 } } } as object),
        })
        .withResponse()
    const one = await ask()
    const two = await ask()
    expect(one.data.choices[0]!.message.content).toBe('The first.')
    expect(two.data).toEqual(one.data)
    const told = ({ response: { headers } }: Awaited<ReturnType<typeof ask>>) =>
      ['cache', 'attempts', 'model', 'provider'].map((name) => headers.get(`x-turnout-${name}`))
    expect(told(one)).toEqual(['miss', '1', 'first', 'openai'])
    expect(told(two)).toEqual(['hit', '0', 'first', 'openai'])
    const cost = one.response.headers.get('x-turnout-cost')!
    expect(Number(cost)).toBeGreaterThan(0)
    expect(two.response.headers.get('x-turnout-cost')).toBe('0')
    expect(two.response.headers.get('age')).toBe('0')
    expect(world.door.asked).toBe(1)
    expect(await world.ledger(apiKey)).toEqual({ attempts: 1, cost })
    const id = two.response.headers.get('x-turnout-request-id')
    expect((await world.gateway.api('GET', `/api/usage?requestId=${id}`)).body.data).toEqual([])
  })

  test('is asked for by the header, and not by silence', async () => {
    const headers = { 'x-turnout-cache': '300' }
    const model = 'pool:plain'
    expect((await world.chat('By header.', { model }, { headers })).cache).toBe('miss')
    expect((await world.chat('By header.', { model }, { headers })).cache).toBe('hit')
    expect((await world.chat('By header.', { model })).cache).toBeNull()
    expect(world.door.asked).toBe(2)
  })

  test('is that of the role that leads to the pool, by product type', async () => {
    const model = 'role:writer'
    const ask = (type?: string) => world.chat('By role.', { model, ...(type && { metadata: { product_type: type } }) })
    expect((await ask()).cache).toBe('miss')
    expect((await ask()).cache).toBe('hit')
    expect((await ask('landing')).cache).toBe('miss')
    expect((await ask('landing')).cache).toBe('hit')
  })

  test('is asked for anew by no-cache, which takes the place of what was kept', async () => {
    world.says('The first.', 'The second.', 'The third.')
    expect((await world.chat('Anew.')).text).toBe('The first.')
    const anew = await world.chat('Anew.', {}, { headers: { 'x-turnout-cache': 'no-cache' } })
    expect(anew).toMatchObject({ cache: 'miss', text: 'The second.' })
    expect(await world.chat('Anew.')).toMatchObject({ cache: 'hit', text: 'The second.' })
    const apart = await world.chat('Anew.', { turnout: { cache: 'no-store' } })
    expect(apart).toMatchObject({ cache: null, text: 'The third.' })
    expect(await world.chat('Anew.')).toMatchObject({ cache: 'hit', text: 'The second.' })
    // The body says it more closely than a header that may be set for all requests.
    const both = await world.chat(
      'Anew.',
      { turnout: { cache: { ttlSeconds: 9 } } },
      { headers: { 'x-turnout-cache': 'no-store' } },
    )
    expect(both.cache).toBe('hit')
  })

  test.each(['0', '-1', 'soon', '2592001', ''])('is refused where the header says %j', async (value) => {
    const { status, body } = await world.chat('Refused.', {}, { headers: { 'x-turnout-cache': value } })
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 'invalid_input', param: 'x-turnout-cache' })
  })

  test('is gone after its time, and too old for whoever wants it younger', async () => {
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    const ask = (ttlSeconds?: number) =>
      world.chat('Time.', ttlSeconds === undefined ? {} : { turnout: { cache: { ttlSeconds } } })
    expect((await ask()).cache).toBe('miss')
    vi.setSystemTime(start + 59_000)
    const late = await ask()
    expect(late.cache).toBe('hit')
    expect(late.headers.get('age')).toBe('59')
    expect((await ask(59)).cache).toBe('miss')
    vi.setSystemTime(start + 59_000 + 58_999)
    expect((await ask()).cache).toBe('hit')
    vi.setSystemTime(start + 59_000 + 60_000)
    expect((await ask()).cache).toBe('miss')
  })
})

describe('a request is the same', () => {
  test('whatever the order of its fields, and whatever its model is called', async () => {
    const messages = [{ content: 'Order.', role: 'user' }]
    const cache = { ttlSeconds: 60 }
    await world.post('/v1/chat/completions', { model: 'openai/first', seed: 0, messages, turnout: { cache } })
    const again = await world.post('/v1/chat/completions', {
      turnout: { cache: { ttlSeconds: 50 } },
      messages: [{ role: 'user', content: 'Order.' }],
      model: 'first',
      seed: 0,
    })
    expect(again.cache).toBe('hit')
  })

  test.each([
    ['seed', { seed: 5 }],
    ['format', { response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'As JSON.' }] }],
    ['tools', { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }] }],
    ['end user', { user: 'somebody' }],
    ['rules', { turnout: { validate: { maxLength: 10_000 } } }],
    ['pool', { model: 'pool:common' }],
    ['metadata', { metadata: { tone: 'dry' } }],
  ])('not with another %s', async (name, more) => {
    const topic = `Differs in ${name}.`
    expect((await world.chat(topic)).cache).toBe('miss')
    expect((await world.chat(topic, more)).cache).toBe('miss')
    expect((await world.chat(topic)).cache).toBe('hit')
    expect((await world.chat(topic, more)).cache).toBe('hit')
  })

  test('for one virtual key, unless its pool shares', async () => {
    const [a, b] = [await world.newKey('a'), await world.newKey('b')]
    expect((await world.chat('Keys.', {}, { key: a })).cache).toBe('miss')
    expect((await world.chat('Keys.', {}, { key: b })).cache).toBe('miss')
    expect((await world.chat('Keys.', { model: 'pool:common' }, { key: a })).cache).toBe('miss')
    expect((await world.chat('Keys.', { model: 'pool:common' }, { key: b })).cache).toBe('hit')
    expect((await world.ledger(b)).attempts).toBe(1)
  })

  test('not once its pool leads elsewhere', async () => {
    const pool = (members: string[]) =>
      world.gateway.api('PUT', '/api/pools/moving', { members, cache: { ttlSeconds: 60 } })
    await pool(['first'])
    expect((await world.chat('Moves.', { model: 'pool:moving' })).cache).toBe('miss')
    expect((await world.chat('Moves.', { model: 'pool:moving' })).cache).toBe('hit')
    await pool(['second'])
    const moved = await world.chat('Moves.', { model: 'pool:moving' })
    expect(moved.cache).toBe('miss')
    expect(moved.headers.get('x-turnout-model')).toBe('second')
  })

  test('and is never kept where it is to be stored upstream', async () => {
    for (let i = 0; i < 2; i += 1) expect((await world.chat('Stored.', { store: true })).cache).toBeNull()
    expect(world.door.asked).toBe(2)
  })
})

describe('twenty requests at once', () => {
  test.each([false, true])('are one call (stream: %s)', async (stream) => {
    const before = await world.metric(SHARED)
    const key = await world.newKey('twenty')
    world.says('For all of them.')
    world.door.hold()
    const asked = Array.from({ length: 20 }, () => world.chat(`Twenty ${stream}.`, { stream }, { key }))
    await untilJoined(before, 19)
    world.door.open()
    const had = await Promise.all(asked)
    askedOnce(had)
    expect(had.filter(({ cache }) => cache === 'miss')).toHaveLength(1)
    expect(had.filter(({ cache }) => cache === 'shared')).toHaveLength(19)
    expect(new Set(had.map(({ text }) => text))).toEqual(new Set(['For all of them.']))
    expect(new Set(had.map(({ headers }) => headers.get('x-turnout-request-id')))).toHaveProperty('size', 20)
    const { attempts, cost } = await world.ledger(key)
    expect(attempts).toBe(1)
    if (!stream) {
      const costs = had.map(({ headers }) => headers.get('x-turnout-cost'))
      expect(costs.filter((each) => each === '0')).toHaveLength(19)
      expect(costs).toContain(cost)
    }
    expect((await world.chat(`Twenty ${stream}.`, { stream }, { key })).cache).toBe('hit')
  })

  test('get the same error, which is not kept', async () => {
    const before = await world.metric(SHARED)
    const fault = {
      kind: 'status',
      status: 400,
      body: { error: { message: 'No.', type: 'invalid_request_error' } },
    } as const
    world.gateway.emulator.faults.add({ match: { operation: 'chat' }, fault })
    world.door.hold()
    const asked = Array.from({ length: 5 }, () =>
      world.chat('Fails.', { model: 'first', turnout: { cache: { ttlSeconds: 9 } } }),
    )
    await untilJoined(before, 4)
    world.door.open()
    const had = await Promise.all(asked)
    expect(had.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400])
    expect(new Set(had.map(({ body }) => body.error.message)).size).toBe(1)
    expect(world.door.asked).toBe(1)
    const after = await world.chat('Fails.', { model: 'first', turnout: { cache: { ttlSeconds: 9 } } })
    expect(after).toMatchObject({ status: 200, cache: 'miss' })
  })

  test.each([false, true])('go on when the first one leaves (stream: %s)', async (stream) => {
    const before = await world.metric(SHARED)
    const leaver = new AbortController()
    world.door.hold()
    const left = world.chat(`Leaves ${stream}.`, { stream }, { signal: leaver.signal }).catch(() => 'left')
    await expect.poll(() => world.door.asked).toBe(1)
    const stays = [1, 2].map(() => world.chat(`Leaves ${stream}.`, { stream }))
    await untilJoined(before, 2)
    leaver.abort()
    expect(await left).toBe('left')
    const gone = 'turnout_requests_total{method="POST",route="/v1/chat/completions",status="499"}'
    await expect.poll(() => world.metric(gone)).toBeGreaterThan(0)
    world.door.open()
    askedOnce(await Promise.all(stays))
    expect(world.door.givenUp).toBe(0)
  })

  test('end the call when all of them leave', async () => {
    const before = await world.metric(SHARED)
    const leavers = [new AbortController(), new AbortController()]
    world.door.hold()
    const left = leavers.map(({ signal }) => world.chat('All leave.', {}, { signal }).catch(() => 'left'))
    await untilJoined(before, 1)
    for (const leaver of leavers) leaver.abort()
    expect(await Promise.all(left)).toEqual(['left', 'left'])
    await expect.poll(() => world.door.givenUp).toBe(1)
    world.door.open()
    expect((await world.chat('All leave.')).cache).toBe('miss')
  })
})

describe('a stream', () => {
  const usage = { stream: true, stream_options: { include_usage: true } }

  test.each([{ stream: true }, usage])('is replayed as it was: %j', async (how) => {
    const topic = `Replay ${Object.keys(how).length}.`
    world.says('A stream of several words, and more of them.')
    const first = await world.chat(topic, how)
    const again = await world.chat(topic, how)
    expect(first.cache).toBe('miss')
    expect(again).toMatchObject({ cache: 'hit', text: first.text, finish: 'stop' })
    expect(again.usage).toEqual(first.usage)
    expect(again.raw).toBe(first.raw)
    expect(again.headers.get('x-turnout-cost')).toBe('0')
    expect(again.headers.get('x-turnout-model')).toBe('first')
    expect(world.door.asked).toBe(1)
  })

  test('is made of what came whole, with and without its usage', async () => {
    world.says('A whole answer.')
    const whole = await world.chat('Whole first.')
    const plain = await world.chat('Whole first.', { stream: true })
    const counted = await world.chat('Whole first.', usage)
    expect(plain).toMatchObject({ cache: 'hit', text: 'A whole answer.', finish: 'stop', usage: undefined })
    expect(counted).toMatchObject({ cache: 'hit', text: 'A whole answer.', usage: whole.usage })
    expect(plain.raw.trimEnd().endsWith('data: [DONE]')).toBe(true)
    const chunks = [...plain.raw.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
    expect(new Set(chunks.map(({ object, model }) => `${object} ${model}`))).toEqual(
      new Set([`chat.completion.chunk ${whole.body.model}`]),
    )
  })

  test('serves streams alone, and with usage only where it was sent with it', async () => {
    expect((await world.chat('Stream first.', { stream: true })).cache).toBe('miss')
    expect((await world.chat('Stream first.', usage)).cache).toBe('miss')
    expect((await world.chat('Stream first.')).cache).toBe('miss')
    expect(world.door.asked).toBe(3)
  })

  test('is joined in its middle from its beginning on', async () => {
    const before = await world.metric(SHARED)
    world.says('A stream of several words, and more of them.')
    world.gateway.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'split', bytes: 400 } })
    world.door.holdMidway()
    const first = world.chat('Joined.', { stream: true })
    await expect.poll(() => world.metric('turnout_streams_open')).toBe(1)
    const second = world.chat('Joined.', { stream: true })
    await untilJoined(before, 1)
    expect(await world.metric('turnout_streams_open')).toBe(2)
    world.door.open()
    const [one, two] = await Promise.all([first, second])
    expect(one!.finish).toBe('stop')
    expect(two!.raw).toBe(one!.raw)
    askedOnce([one!, two!])
    expect(await world.metric('turnout_streams_open')).toBe(0)
  })

  test('that was cut is not kept', async () => {
    const fault = { kind: 'cut', afterChunks: 3 } as const
    world.gateway.emulator.faults.add({ match: { operation: 'chat' }, fault })
    const body = { model: 'first', stream: true, turnout: { cache: { ttlSeconds: 60 } } }
    const cut = await world.chat('Cut.', body)
    expect(cut.raw).toContain('stream_interrupted')
    expect(await world.chat('Cut.', body)).toMatchObject({ cache: 'miss', finish: 'stop' })
  })
})

describe('an answer that is not kept', () => {
  test('was withheld for its content', async () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'content_filter' }]
    const body = { object: 'chat.completion', choices, usage: { prompt_tokens: 3, completion_tokens: 2 } }
    world.gateway.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 200, body } })
    expect((await world.chat('Withheld.')).finish).toBe('content_filter')
    expect((await world.chat('Withheld.')).cache).toBe('miss')
  })

  test('did not pass the validation that follows its stream', async () => {
    const ask = () => world.chat('Judged.', { model: 'pool:judged', stream: true })
    world.says('Much longer than twenty characters.', 'Short.')
    expect((await ask()).raw).toContain('"passed":false')
    expect(await ask()).toMatchObject({ cache: 'miss', text: 'Short.' })
    const kept = await ask()
    expect(kept).toMatchObject({ cache: 'hit', text: 'Short.' })
    expect(kept.raw).toContain('"passed":true')
  })

  test('did not pass before it was sent; what did pass serves streams and says so', async () => {
    const ask = (stream: boolean) => world.chat('Checked.', { model: 'pool:checked', stream })
    world.says('Much longer than twenty characters.', 'Short.')
    expect((await ask(false)).status).toBe(502)
    expect(await ask(false)).toMatchObject({ cache: 'miss', text: 'Short.' })
    const stream = await ask(true)
    expect(stream).toMatchObject({ cache: 'hit', text: 'Short.', finish: 'stop' })
    expect(stream.raw).toContain('"validation":{"passed":true,"failures":[]}')
  })
})
