import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TurnoutError } from '../../core/error.ts'
import { gravest, settleAll, split } from './batch.ts'

test('a count is split into as few calls as there can be, none of them too large', () => {
  const number = fc.integer({ min: 1, max: 50 })
  fc.assert(
    fc.property(number, number, (count, perCall) => {
      const counts = split(count, perCall)
      expect(counts.reduce((sum, each) => sum + each, 0)).toBe(count)
      expect(counts).toHaveLength(Math.ceil(count / perCall))
      expect(Math.max(...counts)).toBeLessThanOrEqual(perCall)
    }),
  )
})

/** Calls that end when they are told to, and how many of them were running at once. */
function held(count: number) {
  const release: (() => void)[] = []
  const state = { running: 0, most: 0 }
  const calls = Array.from({ length: count }, (_, index) => async () => {
    state.running += 1
    state.most = Math.max(state.most, state.running)
    await new Promise<void>((resolve) => {
      release[index] = resolve
    })
    state.running -= 1
    return index
  })
  return { calls, release, state }
}

test('four calls run at once, and their results come in order', async () => {
  const { calls, release, state } = held(10)
  const all = settleAll(calls)
  for (const index of [3, 0, 2, 1, 6, 4, 5, 9, 8, 7]) {
    await expect.poll(() => release[index]).toBeDefined()
    release[index]!()
  }
  expect((await all).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(state.most).toBe(4)
})

test('one failure leaves the others alone', async () => {
  const refused = new TurnoutError('content_policy', 'no')
  const results = await settleAll([async () => 1, () => Promise.reject(refused), async () => 3])
  expect(results).toEqual([{ value: 1 }, { error: refused }, { value: 3 }])
})

test('where every further call would fail the same way, none is begun', async () => {
  const broke = new TurnoutError('billing', 'no credit')
  let begun = 0
  const calls = Array.from({ length: 10 }, () => () => {
    begun += 1
    return Promise.reject(broke)
  })
  const results = await settleAll(calls)
  expect(begun).toBe(4)
  expect(results.map(({ error }) => error)).toEqual(Array.from({ length: 10 }, () => broke))
})

test('the gravest failure is the one after which nothing may be sent again', () => {
  const busy = new TurnoutError('overloaded', 'busy')
  const unsure = new TurnoutError('unknown_outcome', 'perhaps')
  const refused = new TurnoutError('content_policy', 'no')
  expect(gravest([busy, refused, unsure])).toBe(unsure)
  expect(gravest([busy, refused])).toBe(refused)
  expect(gravest([busy])).toBe(busy)
})
