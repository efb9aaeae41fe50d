import { expect, test } from 'vitest'
import { addCosts, addUsage } from './usage.ts'

test('usage adds up, and what nobody counted stays absent', () => {
  expect(addUsage([{ images: 1, megapixels: 0.5 }, { images: 1 }, {}])).toEqual({ images: 2, megapixels: 0.5 })
})

test('one unknown cost makes the sum unknown', () => {
  expect(addCosts([1n, 2n])).toBe(3n)
  expect(addCosts([1n, null])).toBeNull()
})
