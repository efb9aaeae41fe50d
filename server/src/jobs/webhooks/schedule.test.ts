import { expect, test } from 'vitest'
import { MAX_TRIES, nextWait } from './schedule.ts'

const MINUTE = 60_000
const waits = (random: number) => Array.from({ length: MAX_TRIES }, (_, i) => nextWait(i + 1, undefined, random))

test('waits grow until a day is over', () => {
  expect(waits(0.5).map((wait) => wait && wait / MINUTE)).toEqual([
    5 / 60,
    0.5,
    2,
    10,
    30,
    60,
    120,
    240,
    360,
    600,
    null,
  ])
  const hours = waits(0.5).reduce((sum: number, wait) => sum + (wait ?? 0), 0) / (60 * MINUTE)
  expect(hours).toBeGreaterThan(23)
  expect(hours).toBeLessThanOrEqual(24)
})

test('waits are spread by a fifth', () => {
  expect([nextWait(6, undefined, 0), nextWait(6, undefined, 1)]).toEqual([48 * MINUTE, 72 * MINUTE])
})

test('a longer wait that is asked for is honoured, up to a day', () => {
  expect(nextWait(1, 10 * MINUTE, 0.5)).toBe(10 * MINUTE)
  expect(nextWait(6, 10 * MINUTE, 0.5)).toBe(60 * MINUTE)
  expect(nextWait(1, 1e15, 0.5)).toBe(24 * 60 * MINUTE)
  expect(nextWait(MAX_TRIES, 1, 0.5)).toBeNull()
})
