import type { ErrorCode } from '@turnout/contract'
import { beforeEach, describe, expect, test } from 'vitest'
import { began, type DeploymentState, failed, left, limited, newState, reset, succeeded } from './cooldown.ts'

let state: DeploymentState
let now: number
beforeEach(() => {
  state = newState('m')
  now = 1_000_000_000
})

/** One attempt that takes 100 ms. */
function attempt(code?: ErrorCode, retryAfterMs?: number): void {
  began(state, now)
  const startedAt = now
  now += 100
  if (code === undefined) succeeded(state, { startedAt, firstPartMs: 50 }, now)
  else failed(state, code, { startedAt }, now, retryAfterMs)
}
const cools = () => Math.max(0, state.coolingUntil - now)

describe('a cooldown', () => {
  test.each<ErrorCode>(['authentication', 'billing', 'permission', 'model_not_enabled'])(
    'begins at once after %s',
    (code) => {
      attempt(code)
      expect(cools()).toBe(30_000)
    },
  )

  test.each<ErrorCode>([
    'timeout',
    'connection',
    'overloaded',
    'upstream_error',
    'invalid_output',
    'stream_interrupted',
  ])('begins with the second %s within a minute', (code) => {
    attempt(code)
    expect(cools()).toBe(0)
    now += 61_000
    attempt(code)
    expect(cools()).toBe(0)
    attempt(code)
    expect(cools()).toBe(5_000)
  })

  test.each<ErrorCode>(['invalid_input', 'content_policy', 'canceled'])('is not for %s', (code) => {
    for (let n = 0; n < 5; n += 1) attempt(code)
    expect(cools()).toBe(0)
  })

  test('is as long as a 429 asks for, within five minutes', () => {
    attempt('rate_limit', 7_000)
    expect(cools()).toBe(7_000)
    now += 8_000
    attempt('rate_limit', 3_600_000)
    expect(cools()).toBe(300_000)
  })

  test('doubles up to five minutes while failures go on, and is forgotten when it has been well for long', () => {
    const lengths: number[] = []
    attempt('timeout')
    for (let n = 0; n < 8; n += 1) {
      attempt('timeout')
      lengths.push(cools())
      now += cools()
    }
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
    attempt()
    now += 700_000
    attempt('timeout')
    attempt('timeout')
    expect(cools()).toBe(5_000)
  })

  test('counts attempts that failed side by side once', () => {
    const startedAt = now
    for (let n = 0; n < 10; n += 1) began(state, now)
    now += 100
    for (let n = 0; n < 10; n += 1) failed(state, 'overloaded', { startedAt }, now)
    expect(cools()).toBe(5_000)
    expect(state.running).toBe(0)
  })

  test('comes for one that fails more often than not, though never twice in a row', () => {
    const longest: number[] = []
    for (let n = 0; n < 12; n += 1) {
      attempt(n % 2 === 0 ? 'upstream_error' : undefined)
      longest.push(cools())
    }
    expect(Math.max(...longest)).toBeGreaterThan(0)
  })

  test('does not come for rare failures of a busy one', () => {
    for (let n = 0; n < 300; n += 1) attempt(n % 10 === 0 ? 'upstream_error' : undefined)
    expect(cools()).toBe(0)
  })
})

describe('after a cooldown', () => {
  beforeEach(() => {
    attempt('authentication')
    now += cools()
  })

  test('one attempt is the probe, and its success ends the matter', () => {
    began(state, now)
    expect(state).toMatchObject({ open: true, probing: true })
    succeeded(state, { startedAt: now }, now + 10)
    expect(state).toMatchObject({ open: false, probing: false, coolingUntil: 0 })
  })

  test('its failure sets it aside for longer', () => {
    attempt('timeout')
    expect(cools()).toBe(10_000)
    expect(state.probing).toBe(false)
  })

  test('one that is given up leaves the question open', () => {
    began(state, now)
    left(state, { startedAt: now })
    expect(state).toMatchObject({ open: true, probing: false, running: 0 })
  })

  test('an old attempt that ends well says nothing', () => {
    succeeded(state, { startedAt: now - 60_000 }, now)
    expect(state.open).toBe(true)
  })
})

test('averages follow what is new', () => {
  attempt()
  expect(state.firstPartMs).toBe(50)
  began(state, now)
  succeeded(state, { startedAt: now, firstPartMs: 150 }, now + 200)
  expect(state.firstPartMs).toBeCloseTo(80)
  expect(state.wholeMs).toBeNaN()
})

test('a limit that is reached is waited for and needs no probe', () => {
  limited(state, now + 3_000, now)
  expect(cools()).toBe(3_000)
  expect(state.open).toBe(false)
})

test('a reset forgets all but what runs', () => {
  attempt('billing')
  began(state, now)
  state.drained = true
  reset(state)
  expect(state).toEqual({ ...newState('m'), running: 1 })
})
