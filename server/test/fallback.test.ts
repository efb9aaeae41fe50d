import type { Fault } from '@turnout/emulator'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Had, NAMES, Pools, UPSTREAM } from './fallback-world.ts'
import { ADMIN_KEY } from './gateway.ts'

let pools: Pools
beforeAll(async () => {
  pools = await Pools.start()
})
afterAll(() => pools.gateway.close())
beforeEach(() => pools.reset())

/** How a provider fails before anything of its answer can be shown, as which code, and how often it is asked. */
const FAULTS: [string, Fault, string, number][] = [
  ['a 500', { kind: 'status', status: 500 }, 'upstream_error', 2],
  ['a 503', { kind: 'status', status: 503 }, 'overloaded', 2],
  ['a 429', { kind: 'status', status: 429 }, 'rate_limit', 1],
  [
    'a 429 that asks to wait a moment',
    { kind: 'status', status: 429, headers: { 'retry-after-ms': '10' } },
    'rate_limit',
    2,
  ],
  ['a 429 that asks to wait long', { kind: 'status', status: 429, headers: { 'retry-after': '2' } }, 'rate_limit', 1],
  ['a 401', { kind: 'status', status: 401 }, 'authentication', 1],
  ['a 403', { kind: 'status', status: 403 }, 'permission', 1],
  ['a reset', { kind: 'reset' }, 'connection', 2],
  ['silence', { kind: 'silence' }, 'timeout', 1],
  ['a cut before the content', { kind: 'cut', afterChunks: 0 }, '', 0],
]

describe.each([['streamed', true] as const, ['buffered', false] as const])(
  '%s: a failure before the answer',
  (_, stream) => {
    const faults = FAULTS.filter(([, { kind }]) => stream || kind !== 'silence')

    test.each(faults)('%s is made good by the next one', async (_, fault, __, calls) => {
      const expected = await pools.textOf('second', stream)
      pools.gateway.emulator.reset()
      pools.fail('first', fault)
      const had = await pools.chat('pool:fast', stream)
      expect(had).toMatchObject({ status: 200, text: expected, finish: 'stop', error: undefined })
      expect(had.headers.get('x-turnout-model')).toBe('second')
      expect(had.headers.get('x-turnout-route')).toBe('pool:fast')
      expect(had.headers.get('x-turnout-fallbacks')).toBe('1')
      const attempts = await pools.recorded(had)
      expect(attempts.map(({ attempt }) => attempt)).toEqual(attempts.map((_, at) => at + 1))
      expect(attempts.at(-1)).toMatchObject({ model: 'second', outcome: 'succeeded' })
      if (calls > 0) expect(pools.asked()).toEqual([...Array.from({ length: calls }, () => 'first'), 'second'])
    })

    test.each(faults.filter(([, , code]) => code !== ''))(
      '%s of all keeps its code and names every attempt',
      async (_, fault, code, calls) => {
        for (const name of NAMES) pools.fail(name, fault)
        const had = await pools.chat('pool:fast', stream)
        expect(had.error.code).toBe(code)
        expect(had.status).toBeGreaterThanOrEqual(400)
        expect(had.error.attempts).toHaveLength(calls * 3)
        expect(had.error.attempts[0]).toEqual({
          deployment: 'first',
          provider: 'openai',
          code,
          latencyMs: expect.any(Number),
        })
        expect(had.headers.get('x-turnout-attempts')).toBe(String(calls * 3))
      },
    )

    test('two that fail in different ways are passed, and the third one answers', async () => {
      const expected = await pools.textOf('third', stream)
      pools.gateway.emulator.reset()
      pools.fail('first', { kind: 'status', status: 401 })
      pools.fail('second', { kind: 'reset' })
      const had = await pools.chat('role:writer', stream)
      expect(had).toMatchObject({ status: 200, text: expected, finish: 'stop' })
      expect(had.headers.get('x-turnout-fallbacks')).toBe('2')
      expect(had.headers.get('x-turnout-route')).toBe('role:writer')
      expect(pools.asked()).toEqual(['first', 'second', 'second', 'third'])
    })

    test('what the caller did wrong is told at once', async () => {
      pools.fail('first', { kind: 'status', status: 400 })
      expect(await pools.chat('pool:fast', stream)).toMatchObject({ status: 400, error: { code: 'invalid_input' } })
      expect(pools.asked()).toEqual(['first'])
    })

    test('a conversation that is too long goes to a larger one', async () => {
      const error = {
        message: 'Too long.',
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param: 'messages',
      }
      pools.fail('first', { kind: 'status', status: 400, body: { error } })
      const had = await pools.chat('pool:growing', stream)
      expect(had).toMatchObject({ status: 200, finish: 'stop' })
      expect(had.headers.get('x-turnout-model')).toBe('second')
    })

    test('a trigger that is off ends it', async () => {
      for (const name of NAMES) pools.fail(name, { kind: 'status', status: 503 })
      expect((await pools.chat('pool:strict', stream)).error.code).toBe('overloaded')
      expect(new Set(pools.asked())).toEqual(new Set(['first']))
    })

    test('so does the cap', async () => {
      for (const name of NAMES) pools.fail(name, { kind: 'status', status: 401 })
      expect((await pools.chat('pool:no-further', stream)).error.code).toBe('authentication')
      expect(pools.asked()).toEqual(['first'])
    })
  },
)

describe('one member', () => {
  test('is asked again as its own policy says', async () => {
    pools.fail('first', { kind: 'status', status: 503 }, 3)
    const had = await pools.chat('pool:alone')
    expect(had).toMatchObject({ status: 200, finish: 'stop' })
    expect(had.headers.get('x-turnout-attempts')).toBe('4')
    expect(had.headers.get('x-turnout-fallbacks')).toBe('0')
  })
})

describe('a deadline', () => {
  test('ends all attempts together', async () => {
    for (const name of NAMES) pools.fail(name, { kind: 'silence' })
    const had = await pools.chat('pool:hurried', true)
    expect(had.error.code).toBe('timeout')
    expect(pools.asked()).toEqual(['first', 'second'])
  })
})

describe('after the first content', () => {
  test('a cut is not made whole by other words, nor does it look finished', async () => {
    const expected = await pools.textOf('first', true)
    pools.fail('first', { kind: 'cut', afterChunks: 40 })
    const had = await pools.chat('pool:fast', true)
    expect(expected.slice(0, had.text.length)).toBe(had.text)
    expect(had.text).not.toBe('')
    expect(had).toMatchObject({ finish: null, error: { code: 'stream_interrupted' } })
    expect(pools.asked()).toEqual(['first', 'second', 'third'])
  })

  test('a buffered answer that is cut has shown nothing: the next one answers', async () => {
    pools.fail('first', { kind: 'cut', afterChunks: 3 })
    const had = await pools.chat('pool:fast')
    expect(had).toMatchObject({ status: 200, finish: 'stop' })
    expect(had.headers.get('x-turnout-model')).toBe('second')
  })
})

describe('the native API', () => {
  test('takes a role and a product type, and says how the answer came about', async () => {
    pools.fail('first', { kind: 'status', status: 401 })
    const { body } = await pools.gateway.api('POST', '/api/generate-text', { role: 'writer', prompt: 'Hello.' })
    expect(body.data).toMatchObject({ model: 'second', requestedModel: 'role:writer', attempts: 2, fallbacks: 1 })
    const other = await pools.gateway.api('POST', '/api/generate-text', {
      role: 'writer',
      productType: 'landing',
      prompt: 'Hi.',
    })
    expect(other.body.data).toMatchObject({ model: 'second', attempts: 1, fallbacks: 0 })
  })

  test('streams from the next one', async () => {
    pools.fail('first', { kind: 'cut', afterChunks: 0 })
    const response = await fetch(`${pools.gateway.url}/api/generate-text`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ modelId: 'pool:fast', prompt: 'Hello.', stream: true }),
    })
    const events = [...(await response.text()).matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
    expect(events.at(-1)).toMatchObject({ model: 'second', finishReason: 'stop', fallbacks: 1 })
  })

  test('names every attempt when all have failed', async () => {
    for (const name of NAMES) pools.fail(name, { kind: 'status', status: 401 })
    const { status, body } = await pools.gateway.api('POST', '/api/generate-text', { role: 'writer', prompt: 'Hello.' })
    expect(status).toBe(401)
    expect((body.error.details as { attempts: object[] }).attempts).toHaveLength(3)
  })

  test('needs a model or a role, and not both', async () => {
    const { body } = await pools.gateway.api('POST', '/api/generate-text', { prompt: 'Hello.' })
    expect(body.error.message).toContain('modelId is required')
  })
})

describe('a primary that flaps', () => {
  test.each([['streamed', true] as const, ['buffered', false] as const])('never shows, %s', async (_, stream) => {
    const texts = new Map([
      ['first', await pools.textOf('first', stream)],
      ['second', await pools.textOf('second', stream)],
    ])
    pools.gateway.emulator.reset()
    const fault: Fault = { kind: 'status', status: 503 }
    for (const skip of [0, 3, 4, 7]) {
      pools.gateway.emulator.faults.add({ match: { operation: 'chat', model: UPSTREAM.first }, fault, skip, times: 2 })
    }
    const all: Had[] = []
    for (let n = 0; n < 20; n += 1) all.push(await pools.chat('pool:pair', stream))
    let calls = 0
    for (const had of all) {
      expect(had).toMatchObject({ status: 200, finish: 'stop', error: undefined })
      expect(had.text).toBe(texts.get(had.headers.get('x-turnout-model')!))
      expect(Number(had.headers.get('x-turnout-attempts'))).toBeLessThanOrEqual(4)
      calls += Number(had.headers.get('x-turnout-attempts'))
    }
    expect(pools.asked()).toHaveLength(calls)
    const lines = (await Promise.all(all.map((had) => pools.recorded(had)))).flat()
    const cost = lines.reduce((sum, line) => sum + Math.round(Number(line.cost) * 1e9), 0)
    const { inputTokens, outputTokens } = pools.gateway.emulator.bill()
    expect(cost).toBe(inputTokens * 1_000 + outputTokens * 2_000)
  })
})
