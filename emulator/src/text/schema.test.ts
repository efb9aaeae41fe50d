import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { randomFrom } from '../random.ts'
import type { JsonObject } from '../types.ts'
import { PatternError, stringFor } from './pattern.ts'
import { generateValue } from './schema.ts'
import { topicOf } from './topic.ts'
import { UnsatisfiableError } from './unsatisfiable.ts'

const PROMPT = 'Plan a trip from Rome to Oslo with three stops.'

const SCHEMAS: [string, JsonObject][] = [
  [
    'enums and constants',
    { type: 'object', properties: { a: { enum: ['x', 2, null] }, b: { const: 'k' } }, required: ['a', 'b'] },
  ],
  [
    'bounded numbers',
    {
      type: 'object',
      properties: {
        a: { type: 'integer', minimum: 3, maximum: 4 },
        b: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.001 },
        c: { type: 'integer', multipleOf: 7, minimum: 20 },
        d: { type: 'number', multipleOf: 0.05, maximum: -1 },
        e: { type: 'integer', exclusiveMinimum: 5, exclusiveMaximum: 7 },
      },
    },
  ],
  ['bounded arrays', { type: 'array', items: { type: 'boolean' }, minItems: 5, maxItems: 6 }],
  ['an empty array', { type: 'array', items: { type: 'string' }, maxItems: 0 }],
  ['nullable types', { type: 'array', minItems: 30, items: { type: ['string', 'null'] } }],
  [
    'anyOf',
    {
      type: 'array',
      minItems: 20,
      items: {
        anyOf: [
          { type: 'string' },
          { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false },
        ],
      },
    },
  ],
  [
    'a tree by $ref',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['name', 'children'],
          additionalProperties: false,
        },
      },
    },
  ],
  [
    'a list by $ref to the root',
    { type: 'object', properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }, required: ['next'] },
  ],
  [
    'string bounds',
    {
      type: 'object',
      properties: { a: { type: 'string', minLength: 40, maxLength: 41 }, name: { type: 'string', maxLength: 3 } },
    },
  ],
  [
    'patterns',
    {
      type: 'object',
      properties: {
        a: { type: 'string', pattern: '^[A-Z]{2}-\\d{3,5}(x|yz)?$' },
        b: { type: 'string', pattern: '^(?:foo|ba[rz])+$' },
      },
    },
  ],
  [
    'allOf',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'integer' } }, required: ['b'] },
      ],
    },
  ],
]

describe('generated values', () => {
  it.each(SCHEMAS)('satisfy a schema with %s, whatever the seed', (_name, schema) => {
    const judge = z.fromJSONSchema(schema)
    for (let seed = 0; seed < 100; seed++) {
      const value = generateValue(schema, { random: randomFrom(String(seed)), topic: topicOf(PROMPT), prompt: PROMPT })
      expect(judge.safeParse(value), JSON.stringify(value)).toMatchObject({ success: true })
    }
  })

  it('prefer what the prompt mentions', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, mode: { enum: ['boat', 'trip'] } } }
    const value = generateValue(schema, { random: randomFrom('1'), topic: topicOf(PROMPT), prompt: PROMPT })
    expect(value).toEqual({ city: expect.stringMatching(/^(Rome|Oslo)$/), mode: 'trip' })
  })

  it.each([
    ['an endless object', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }],
    ['a reference to itself', { type: 'object', properties: { a: { $ref: '#/properties/a' } } }],
    ['bounds that exclude all numbers', { type: 'integer', minimum: 5, maximum: 1 }],
    ['far too many values', { type: 'array', minItems: 9999, items: { type: 'array', minItems: 9999, items: {} } }],
    ['far too long a string', { type: 'string', minLength: 1e12 }],
  ])('refuse %s', (_name, schema) => {
    const source = { random: randomFrom('1'), topic: topicOf(''), prompt: '' }
    expect(() => generateValue(schema, source)).toThrow(UnsatisfiableError)
  })
})

describe('strings for a pattern', () => {
  it.each([
    '^\\d{4}-\\d{2}$',
    '^[a-z]+@[a-z]+\\.com$',
    '^#[0-9a-fA-F]{6}$',
    '[^abc]{3}',
    '^(a|b(c|d)){2,3}$',
    '^\\w+\\s?\\w*$',
  ])('match %s', (pattern) => {
    for (let seed = 0; seed < 50; seed++)
      expect(stringFor(pattern, randomFrom(String(seed)))).toMatch(new RegExp(pattern, 'u'))
  })

  it('say so where the pattern asks for too much', () => {
    expect(() => stringFor('^(?=a)b$', randomFrom('1'))).toThrow(PatternError)
  })
})
