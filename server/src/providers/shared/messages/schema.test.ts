import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodable } from './schema.ts'

const closed = (properties: object) => ({ type: 'object', properties, additionalProperties: false })

test('closes objects wherever they are', () => {
  const open = (properties: object) => ({ type: 'object', properties })
  expect(
    decodable({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...open({ list: { type: 'array', items: open({ a: { type: 'string' } }) }, ref: { $ref: '#/$defs/x' } }),
      $defs: { x: { anyOf: [open({}), { type: 'null' }] } },
    }),
  ).toEqual({
    ...closed({ list: { type: 'array', items: closed({ a: { type: 'string' } }) }, ref: { $ref: '#/$defs/x' } }),
    $defs: { x: { anyOf: [closed({}), { type: 'null' }] } },
  })
})

test('tells in words what the decoder cannot hold the model to', () => {
  expect(decodable({ type: 'string', description: 'A name.', minLength: 2, format: 'email', pattern: '^a' })).toEqual({
    type: 'string',
    format: 'email',
    description: 'A name.\nminLength: 2\npattern: "^a"',
  })
  expect(decodable({ type: 'string', format: 'phone' })).toEqual({ type: 'string', description: 'format: "phone"' })
  expect(decodable({ type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 })).toEqual({
    type: 'array',
    items: { type: 'number' },
    minItems: 1,
    description: 'maxItems: 3',
  })
})

test('reads oneOf as anyOf', () => {
  expect(decodable({ oneOf: [{ type: 'string' }, { const: 1 }] })).toEqual({
    anyOf: [{ type: 'string' }, { const: 1 }],
  })
})

describe('gives up where the meaning would change', () => {
  test.each([
    ['an open object', { type: 'object' }],
    ['a map', { type: 'object', properties: {}, additionalProperties: { type: 'string' } }],
    ['an object that says it is open', { type: 'object', properties: {}, additionalProperties: true }],
    ['any value', {}],
    ['an array of anything', { type: 'array' }],
    ['a tuple', { type: 'array', items: { type: 'string' }, prefixItems: [] }],
    ['a condition', { type: 'string', if: {}, else: {} }],
    ['a reference to elsewhere', { $ref: 'https://schemas.example/x' }],
    ['the root again', { type: 'object', properties: { next: { $ref: '#' } } }],
    ['true', { type: 'object', properties: { x: true } }],
    [
      'recursion',
      {
        $ref: '#/$defs/a',
        $defs: {
          a: { type: 'object', properties: { b: { $ref: '#/$defs/b' } } },
          b: { type: 'array', items: { $ref: '#/$defs/a' } },
        },
      },
    ],
  ])('%s', (_, schema) => expect(decodable(schema)).toBeUndefined())
})

test('what it makes is left as it is the next time, and the given schema is not touched', () => {
  const leaf = fc.constantFrom(
    { type: 'string' },
    { type: 'integer', minimum: 1 },
    { enum: ['a', 'b'] },
    { type: 'null' },
  )
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string(), tie('schema'), { maxKeys: 3 }) }),
      fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    ),
  }))
  fc.assert(
    fc.property(schema, (given) => {
      const before = JSON.stringify(given)
      const once = decodable(given as Record<string, unknown>)
      expect(JSON.stringify(given)).toBe(before)
      expect(once).toBeDefined()
      expect(decodable(once!)).toEqual(once)
    }),
  )
})
