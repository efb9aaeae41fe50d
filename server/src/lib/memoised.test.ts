import { expect, test } from 'vitest'
import { memoised } from './memoised.ts'

test('a name is worked on once, until there are too many names; a failure is not remembered', () => {
  const made: string[] = []
  const upper = memoised((name) => {
    made.push(name)
    if (name === '') throw new Error('no name')
    return name.toUpperCase()
  }, 2)
  expect([upper('a'), upper('a'), upper('b'), upper('a')]).toEqual(['A', 'A', 'B', 'A'])
  expect(made).toEqual(['a', 'b'])
  expect([upper('c'), upper('a')]).toEqual(['C', 'A'])
  expect(made).toEqual(['a', 'b', 'c', 'a'])
  expect(() => upper('')).toThrow()
  expect(() => upper('')).toThrow()
})
