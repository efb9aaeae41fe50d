import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAuthority, type LimitAuthority } from './authority.ts'
import { createLimiter } from './limits.ts'
import type { LimitState, Principal } from './types.ts'

const MINUTE = 60_000
const START = 29_000_000 * MINUTE

function principal(requestsPerMinute?: number, keyId = 'key_1'): Principal {
  return {
    keyId,
    name: 'test',
    owner: null,
    role: 'user',
    limits: { requestsPerMinute },
    expiresAt: Number.POSITIVE_INFINITY,
  }
}

/** What a limiter answers at once; a promise fails the test. */
function atOnce(state: ReturnType<ReturnType<typeof createLimiter>['take']>): LimitState {
  if (state === undefined || state instanceof Promise) throw new Error('expected an answer at once')
  return state
}

test('counts to the limit, refuses, and starts again at the full minute', () => {
  let now = START + 45_000
  const limiter = createLimiter({ now: () => now })
  const take = () => atOnce(limiter.take(principal(3), undefined))
  expect(take()).toEqual({ allowed: true, limit: 3, remaining: 2, resetMs: 15_000 })
  expect(take()).toMatchObject({ allowed: true, remaining: 1 })
  expect(take()).toMatchObject({ allowed: true, remaining: 0 })
  now += 14_999
  expect(take()).toEqual({ allowed: false, limit: 3, remaining: 0, resetMs: 1 })
  now += 1
  expect(take()).toEqual({ allowed: true, limit: 3, remaining: 2, resetMs: MINUTE })
})

test('no limit is no state; the default holds for keys without their own', () => {
  const limiter = createLimiter({ now: () => START })
  expect(limiter.take(principal(), undefined)).toBeUndefined()
  expect(limiter.take(principal(), 1)).toMatchObject({ allowed: true, limit: 1 })
  expect(limiter.take(principal(), 1)).toMatchObject({ allowed: false })
  expect(limiter.take(principal(5, 'key_2'), 1)).toMatchObject({ allowed: true, limit: 5 })
})

test('a limit that changes within the minute holds from then on', () => {
  const limiter = createLimiter({ now: () => START })
  const take = (limit: number) => atOnce(limiter.take(principal(), limit)).allowed
  expect([take(2), take(2), take(2)]).toEqual([true, true, false])
  expect([take(3), take(3)]).toEqual([true, false])
  expect(take(1)).toBe(false)
})

test('a clock that is set back opens no old window', () => {
  let now = START
  const limiter = createLimiter({ now: () => now })
  expect(limiter.take(principal(1), undefined)).toMatchObject({ allowed: true })
  now -= MINUTE
  expect(limiter.take(principal(1), undefined)).toMatchObject({ allowed: false })
})

test('property: alone, exactly the limit is allowed in each window, and remaining is exact', () => {
  const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), wait: fc.integer({ min: 0, max: 20_000 }) }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (limit, requests) => {
      let now = START
      const limiter = createLimiter({ now: () => now })
      const used = new Map<string, number>()
      for (const { key, wait } of requests) {
        now += wait
        const window = `${key}${Math.floor(now / MINUTE)}`
        const before = used.get(window) ?? 0
        const state = atOnce(limiter.take(principal(limit, key), undefined))
        expect(state.allowed).toBe(before < limit)
        expect(state.remaining).toBe(Math.max(0, limit - before - 1))
        used.set(window, before + 1)
      }
    }),
  )
})

test('property: workers together never exceed the limit, however their questions interleave', async () => {
  const requests = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 150 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 70 }), requests, fc.scheduler(), async (limit, workers, scheduler) => {
      const shared = createAuthority()
      const authority: LimitAuthority = {
        lease: (...question) => scheduler.schedule(Promise.resolve()).then(() => shared.lease(...question)),
      }
      const limiters = Array.from({ length: 4 }, () => createLimiter({ authority, now: () => START }))
      const answers = workers.map((worker) => limiters[worker]!.take(principal(limit), undefined))
      const states = await scheduler.waitFor(Promise.all(answers))
      const allowed = states.filter((state) => state?.allowed).length
      expect(allowed).toBeLessThanOrEqual(limit)
      // At most one lease less one request is stranded in each of the other workers.
      const lease = Math.ceil(limit / 20)
      expect(allowed).toBeGreaterThanOrEqual(Math.min(workers.length, limit - 3 * (lease - 1)))
      for (const state of states) expect(state!.remaining).toBeLessThanOrEqual(limit - 1)
    }),
    { numRuns: 60 },
  )
})

test('a worker asks once for many requests and not again once the limit is given out', async () => {
  const shared = createAuthority()
  let questions = 0
  const limiter = createLimiter({
    authority: {
      lease: async (...question) => {
        questions += 1
        return shared.lease(...question)
      },
    },
    now: () => START,
  })
  const states = await Promise.all(Array.from({ length: 150 }, () => limiter.take(principal(100), undefined)))
  expect(states.filter((state) => state?.allowed)).toHaveLength(100)
  expect(questions).toBe(20)
})

test('the authority forgets windows before the last', () => {
  const authority = createAuthority()
  expect(authority.lease('a', 10, 5, 5)).toBe(5)
  expect(authority.lease('a', 11, 5, 3)).toBe(3)
  expect(authority.lease('a', 10, 5, 1)).toBe(0)
  expect(authority.lease('a', 12, 5, 9)).toBe(5)
  expect(authority.lease('a', 10, 5, 1)).toBe(0)
  expect(authority.lease('a', 11, 5, 9)).toBe(2)
})
