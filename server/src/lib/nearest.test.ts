import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearestNames } from './nearest.ts'

const NAMES = ['gpt-5', 'gpt-5-mini', 'gpt-4o', 'claude-sonnet-5', 'dall-e-3', 'ollama/llama3.2', 'flux-2-pro']

test.each([
  ['gtp-5', 'gpt-5'],
  ['GPT5', 'gpt-5'],
  ['gpt-5-min', 'gpt-5-mini'],
  ['claude-sonet-5', 'claude-sonnet-5'],
  ['dalle3', 'dall-e-3'],
  ['llama3.2', 'ollama/llama3.2'],
  ['flux', 'flux-2-pro'],
])('%s is nearest to %s', (name, nearest) => {
  expect(nearestNames(name, NAMES)[0]).toBe(nearest)
})

test('names that are like none get none', () => {
  expect(nearestNames('zzzz', NAMES)).toEqual([])
  expect(nearestNames('', NAMES)).toEqual([])
  expect(nearestNames('...', NAMES)).toEqual([])
})

test('any name gets at most three, all of them real', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
      const nearest = nearestNames(name, NAMES)
      expect(nearest.length).toBeLessThanOrEqual(3)
      expect(NAMES).toEqual(expect.arrayContaining(nearest))
    }),
  )
})
