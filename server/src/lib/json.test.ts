import { expect, test } from 'vitest'
import { JsonError, parseJsonObject } from './json.ts'

const parse = (text: string, depth = 10) => parseJsonObject(Buffer.from(text), depth)
const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

test('reads an object', () => {
  expect(parse('{"a":[1,{"b":"ä"}]}')).toEqual({ a: [1, { b: 'ä' }] })
})

test.each([
  ['', 'is empty'],
  ['{"a":', 'not valid JSON'],
  ['[]', 'must be a JSON object'],
  ['null', 'must be a JSON object'],
  ['"text"', 'must be a JSON object'],
])('%j is refused: %s', (text, reason) => {
  expect(() => parse(text)).toThrow(reason)
})

test('nesting is bounded, in a small body and in a large one', () => {
  const padding = `,"b":"${'x'.repeat(70_000)}"}`
  const large = (depth: number) => nested(depth).slice(0, -1) + padding
  expect(parse(nested(10))).toBeDefined()
  expect(parse(large(10))).toBeDefined()
  expect(() => parse(nested(11))).toThrow(JsonError)
  expect(() => parse(large(11))).toThrow(JsonError)
})

test('brackets inside strings are not nesting', () => {
  const text = JSON.stringify({ a: `${'['.repeat(70_000)}\\"${'{'.repeat(10)}\\` })
  expect(parse(text).a).toHaveLength(70_013)
})

test('megabytes of brackets are refused before they become arrays', () => {
  expect(() => parse(`{"a":${'['.repeat(8_000_000)}`, 100)).toThrow('nests deeper than 100')
})
