import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FenceStripper } from '../src/core/structured/fence.ts'
import { OutputReader, planOutput } from '../src/core/structured/output.ts'
import { isTame } from '../src/core/structured/pattern.ts'
import { compileSchema } from '../src/core/structured/schema.ts'

function checkOf(schema: object) {
  const compiled = compileSchema(schema as Record<string, unknown>)
  if ('check' in compiled) return compiled.check
  throw new Error(compiled.obstacle)
}

const OLD = 'http://json-schema.org/draft-07/schema#'
const NEW = 'https://json-schema.org/draft/2020-12/schema'

describe('a schema', () => {
  test.each<[string, object, fits: unknown, not: unknown, told: string]>([
    ['a type', { type: 'integer' }, 1, 'x', 'must be integer'],
    ['a field', { required: ['a'] }, { a: 1 }, {}, "must have required property 'a'"],
    ['where it is', { properties: { a: { items: { type: 'null' } } } }, { a: [null] }, { a: [null, 1] }, '/a/1 must'],
    ['a definition', { $ref: '#/$defs/a', $defs: { a: { const: 1 } } }, 1, 2, 'constant'],
    ['a recursion', { type: 'object', additionalProperties: { $ref: '#' } }, { a: { b: {} } }, { a: 1 }, '/a must be'],
    ['a tuple of today', { $schema: NEW, prefixItems: [{ type: 'null' }] }, [null], [1], '/0 must be null'],
    ['a tuple of old', { $schema: OLD, items: [{ type: 'null' }] }, [null], [1], '/0 must be null'],
    ['a keyword nobody knows', { type: 'null', 'x-order': 1 }, null, 1, 'must be null'],
    ['a format, which is not checked', { type: 'string', format: 'date' }, 'x', 1, 'must be string'],
    ['a pattern', { pattern: '^[A-Z]{2}-\\d+$' }, 'AB-1', 'ab-1', 'must match pattern'],
    ['what would be a promise', { $async: true, type: 'null' }, null, 1, 'must be null'],
  ])('of %s', (_, schema, fits, not, told) => {
    const check = checkOf(schema)
    expect(check(fits)).toBeUndefined()
    expect(check(not)).toContain(told)
  })

  const doubling = Array.from({ length: 60 }, (_, i) => [
    `d${i}`,
    { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
  ])
  test.each<[string, object]>([
    ['doubles', { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries(doubling), d60: { type: 'null' } } }],
    ['never ends', { allOf: [{ $ref: '#' }] }],
  ])('whose check %s is broken off', (_, schema) => {
    expect(checkOf(schema)(null)).toContain('too long')
  })

  test('of the same name as another one is another one', () => {
    expect(checkOf({ $id: 'same', type: 'string' })('x')).toBeUndefined()
    expect(checkOf({ $id: 'same', type: 'number' })('x')).toContain('must be number')
  })

  test.each<[string, object]>([
    ['a wild pattern', { pattern: '(a+)+$' }],
    ['a type that there is not', { type: 'strng' }],
    ['endless text', { description: 'x'.repeat(200_000) }],
    ['a schema elsewhere', { $ref: 'https://elsewhere.example/schema' }],
  ])('with %s is told not to be checked, and its answers still have to be JSON', (_, schema) => {
    const plan = planOutput({ type: 'schema', name: 'a', schema: schema as Record<string, unknown> }, {})!
    expect(plan.warnings).toEqual([expect.stringContaining('not checked')])
    expect(plan.problem('{"any":"thing"}')).toBeUndefined()
    expect(plan.problem('{"any":')).toBe('is not JSON')
  })
})

test.each([
  ['^[a-z0-9-]+$', true],
  ['^\\d{4}-\\d{2}-\\d{2}$', true],
  ['^[^@]+@[^@]+$', true],
  ['^(red|green)$', true],
  ['[(+*]+', true],
  ['\\(\\+\\)', true],
  ['(a+)+$', false],
  ['(a|a)*$', false],
  ['(?:a|ab){2,}c', false],
  ['(a)\\1', false],
  ['.*.*=.*', false],
  ['(?=a)b', false],
])('%s ends soon on any text: %s', (pattern, tame) => {
  expect(isTame(pattern)).toBe(tame)
})

const strip = (pieces: readonly string[]) => {
  const stripper = new FenceStripper()
  return pieces.map((piece) => stripper.push(piece)).join('') + stripper.end()
}

describe('a code fence', () => {
  test.each([
    ['```json\n{"a":1}\n```', '{"a":1}'],
    ['\n```\n[1]\n```\n', '[1]'],
    ['{"a":"```"}', '{"a":"```"}'],
    ['```json\n{"a":"```"}\n```', '{"a":"```"}'],
    ['plain', 'plain'],
    ['``', '``'],
    ['', ''],
    ['```json\n{"cut":', '{"cut":'],
  ])('%j is %j without it', (whole, bare) => {
    expect(strip([whole])).toBe(bare)
  })

  test('goes in whatever pieces the text comes', () => {
    const words = fc.constantFrom('```', '`', '\n', ' ', 'json', '{"a":', '1}', '```json\n')
    fc.assert(
      fc.property(fc.array(fc.array(words).map((some) => some.join(''))), (pieces) => {
        expect(strip(pieces)).toBe(strip([pieces.join('')]))
      }),
    )
  })
})

describe('an answer that must be JSON', () => {
  const plan = planOutput({ type: 'json' }, {})!
  const problem = (text: string, reason: Parameters<OutputReader['problem']>[0], callsTools = false) => {
    const reader = new OutputReader(plan)
    reader.push(text)
    return reader.problem(reason, callsTools)
  }

  test('is an object', () => {
    expect(problem('{"a":1}', 'stop')).toBeUndefined()
    expect(problem('[1]', 'stop')).toContain('must be an object')
    expect(problem('Sure! {"a":1}', 'other')).toBe('is not JSON')
  })

  test.each(['length', 'content-filter', 'tool-calls'] as const)('need not be whole when it ends by %s', (reason) => {
    expect(problem('{"a":', reason)).toBeUndefined()
  })

  test('need not be there when a tool is called', () => {
    expect(problem('Let me look.', 'stop', true)).toBeUndefined()
  })
})
