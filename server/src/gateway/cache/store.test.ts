import { describe, expect, test } from 'vitest'
import { AnswerCache } from './cache.ts'
import { type CachedAnswer, MemoryAnswers } from './store.ts'

const answer = { kind: 'value', value: {} } satisfies CachedAnswer
const KB = 1024

function cacheOf(kilobytes: number) {
  let now = 1_000
  const store = new MemoryAnswers(kilobytes * KB)
  const cache = new AnswerCache(store, () => now)
  return {
    store,
    cache,
    pass: (ms: number) => {
      now += ms
    },
    keep: (key: string, bytes: number, ttlMs = 10_000) => cache.keep(key, ttlMs, answer, bytes),
    has: (key: string, mostAgeMs = 10_000) => cache.find(key, mostAgeMs) !== undefined,
  }
}

describe('answers that are kept', () => {
  test('make room in the order in which they were asked for', () => {
    const { store, keep, has } = cacheOf(20)
    for (const key of ['a', 'b', 'c', 'd']) keep(key, 4 * KB)
    expect(has('a')).toBe(true)
    keep('e', 4 * KB)
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => has(key))).toEqual([true, false, true, true, true])
    expect(store.size).toBe(4)
    expect(store.bytes).toBeLessThanOrEqual(20 * KB)
    expect(store.bytes).toBeGreaterThan(16 * KB)
  })

  test('take the place of the one before, and give back what it took', () => {
    const { store, keep, has } = cacheOf(20)
    for (let i = 0; i < 50; i += 1) keep('a', 4 * KB)
    expect(store.size).toBe(1)
    expect(store.bytes).toBeLessThan(5 * KB)
    // One that is too large takes the place of what is no longer the newest.
    keep('a', 6 * KB)
    expect(has('a')).toBe(false)
    expect(store.bytes).toBe(0)
  })

  test('are too large for a quarter of the memory, and for none', () => {
    const some = cacheOf(20)
    some.keep('a', 5 * KB)
    expect(some.has('a')).toBe(false)
    const none = cacheOf(0)
    none.keep('a', 1)
    expect(none.has('a')).toBe(false)
  })

  test('are gone after their time, and free their memory when they are asked for', () => {
    const { store, keep, has, pass } = cacheOf(20)
    keep('a', 10, 5_000)
    pass(4_999)
    expect(has('a')).toBe(true)
    expect(has('a', 4_999)).toBe(false)
    expect(has('a')).toBe(true)
    pass(1)
    expect(has('a')).toBe(false)
    expect(store.size).toBe(0)
  })
})
