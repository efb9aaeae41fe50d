import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TurnoutError } from './error.ts'
import { DEFAULT_RETRY, retryDelay } from './retry.ts'
import { readRetryAfter, readShouldRetry } from './retry-after.ts'

const overloaded = new TurnoutError('overloaded', 'busy')

test('waits 1, 2 and 4 seconds in the middle of the spread, then gives up', () => {
  expect([0, 1, 2, 3].map((retries) => retryDelay(DEFAULT_RETRY, overloaded, retries, 0.5))).toEqual([
    1000,
    2000,
    4000,
    null,
  ])
})

test('what cannot succeed is not tried again', () => {
  expect(retryDelay(DEFAULT_RETRY, new TurnoutError('billing', 'no credit'), 0, 0.5)).toBeNull()
  expect(retryDelay(DEFAULT_RETRY, new TurnoutError('overloaded', 'no', { retryable: false }), 0, 0.5)).toBeNull()
})

test('Retry-After is honoured up to its cap', () => {
  const after = (retryAfterMs: number) =>
    retryDelay(DEFAULT_RETRY, new TurnoutError('rate_limit', 'slow', { retryAfterMs }), 0, 0)
  expect(after(7_000)).toBe(7_000)
  expect(after(0)).toBe(0)
  expect(after(60_001)).toBeNull()
})

test('no wait is shorter than three quarters or longer than five quarters of its step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (retries, random) => {
      const step = 1000 * 2 ** retries
      const delay = retryDelay(DEFAULT_RETRY, overloaded, retries, random)!
      return delay >= step * 0.75 && delay <= step * 1.25
    }),
  )
})

test.each([
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{}, undefined],
])('%j asks to wait %s ms', (headers, expected) => {
  expect(readRetryAfter(headers as Record<string, string>, Date.parse('2026-11-21T10:00:00Z'))).toBe(expected)
})

test('the upstream may say itself whether to try again', () => {
  expect(readShouldRetry({ 'x-should-retry': 'false' })).toBe(false)
  expect(readShouldRetry({ 'x-should-retry': 'true' })).toBe(true)
  expect(readShouldRetry({})).toBeUndefined()
})
