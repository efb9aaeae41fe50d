import { Transform } from '@turnout/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planOf } from '../plan.ts'
import { importedFrom as read } from '../testing/published.ts'

type Json = Record<string, unknown>

describe('a hostile description', () => {
  const withProperty = (schema: unknown, definitions: Json = {}) =>
    read({ properties: { prompt: { type: 'string' }, odd: schema }, definitions } as Json, { output: 'image' }).record
      .inputs?.properties as Json

  it('that goes round in circles becomes anything', () => {
    const definitions = {
      a: { type: 'object', properties: { next: { $ref: '#/definitions/b' } } },
      b: { anyOf: [{ $ref: '#/definitions/a' }, { type: 'string' }] },
    }
    expect(JSON.stringify(withProperty({ $ref: '#/definitions/a' }, definitions)).length).toBeLessThan(1_000)
    expect(withProperty({ $ref: '#/definitions/self' }, { self: { $ref: '#/definitions/self' } }).odd).toEqual({})
  })

  it('that multiplies itself is refused before it has grown', () => {
    const levels = Array.from({ length: 12 }, (_, level) => [
      `l${level}`,
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 10 }, (__, index) => [`p${index}`, { $ref: `#/definitions/l${level + 1}` }]),
        ),
      },
    ])
    expect(() => withProperty({ $ref: '#/definitions/l0' }, Object.fromEntries(levels))).toThrow(
      expect.objectContaining({ param: 'schema' }),
    )
  })

  it('that is deep is cut off', () => {
    let deep: Json = { type: 'string' }
    for (let level = 0; level < 60; level += 1) deep = { type: 'array', items: deep }
    expect(JSON.stringify(withProperty(deep)).length).toBeLessThan(1_000)
  })

  it('keeps neither patterns, nor giant lists, nor names that lead astray', () => {
    const odd = {
      type: 'object',
      properties: JSON.parse(
        '{"__proto__":{"type":"string"},"constructor":{},"fine":{"type":"string","pattern":"(a+)+$"}}',
      ),
      required: ['__proto__', 'fine', 'missing'],
    }
    expect(withProperty(odd).odd).toEqual({
      type: 'object',
      properties: { fine: { type: 'string' } },
      required: ['fine'],
    })
    expect(
      withProperty({ type: 'string', enum: Array.from({ length: 5_000 }, (_, index) => `v${index}`) }).odd,
    ).toEqual({ type: 'string' })
    expect(withProperty({ type: 'string', description: 'x'.repeat(9_999) }).odd).toMatchObject({
      description: 'x'.repeat(600),
    })
    expect(withProperty({ $ref: 'https://elsewhere.example/schema.json' }).odd).toEqual({})
  })

  it('whatever it is, makes a record that compiles or is refused', () => {
    const anything = fc.letrec((tie) => ({
      // Without a bound, schemas of schemas would be generated for ever.
      schema: fc.oneof({ maxDepth: 2, depthSize: 'small' }, fc.constant({ type: 'string' }), tie('full')),
      full: fc.record(
        {
          type: fc.oneof(
            fc.constantFrom('string', 'number', 'integer', 'object', 'array', 'null', 'what'),
            fc.array(fc.constantFrom('string', 'null', 'integer'), { maxLength: 3 }),
          ),
          enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
          minimum: fc.oneof(fc.integer(), fc.string()),
          maxLength: fc.oneof(fc.integer(), fc.double()),
          exclusiveMinimum: fc.oneof(fc.boolean(), fc.integer()),
          multipleOf: fc.integer({ min: -2, max: 3 }),
          items: tie('schema'),
          anyOf: fc.array(tie('schema'), { maxLength: 3 }),
          allOf: fc.array(tie('schema'), { maxLength: 2 }),
          properties: fc.dictionary(
            fc.constantFrom('a', 'image_url', 'seed', 'duration', 'loras', 'prompt'),
            tie('schema'),
            { maxKeys: 3 },
          ),
          required: fc.array(fc.constantFrom('a', 'seed', 'nothing'), { maxLength: 2 }),
          default: fc.jsonValue({ maxDepth: 1 }),
          $ref: fc.constantFrom('#/properties/prompt', '#/properties/odd', '#', 'x'),
        },
        { requiredKeys: [] },
      ),
    }))
    fc.assert(
      fc.property(anything.schema, (schema) => {
        const { model } = read(
          {
            properties: { prompt: { type: 'string' }, odd: schema as Json, ...((schema as Json).properties as Json) },
          } as Json,
          { output: 'image' },
        )
        expect(typeof planOf(model).validate()).toBe('function')
        expect(Transform.parse(model.transform)).toEqual(model.transform)
      }),
      { numRuns: 40 },
    )
  })
})
