import { expect, test } from 'vitest'
import { median, quantile } from './statistics.ts'

test.each([
  [[3, 1, 2], 2],
  [[10, 9, 1, 2], 5.5],
  [[7], 7],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle)
})

test('nothing has no median', () => {
  expect(median([])).toBeNaN()
})

test('a quantile is a value that occurred', () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i)
  expect(quantile(sorted, 0.5)).toBe(50)
  expect(quantile(sorted, 0.99)).toBe(99)
  expect(quantile(sorted, 1)).toBe(99)
})
