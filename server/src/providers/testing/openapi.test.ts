import { describe, expect, test } from 'vitest'
import { readOpenApi, requestValidator } from './openapi.ts'
import { wireFolder } from './wire.ts'

const spec = {
  openapi: '3.0.3',
  paths: {
    '/trams': { post: { requestBody: { $ref: '#/components/requestBodies/Tram' } } },
  },
  components: {
    requestBodies: { Tram: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Tram' } } } } },
    schemas: {
      Tram: {
        allOf: [
          {
            type: 'object',
            required: ['line'],
            properties: { line: { type: 'integer', minimum: 0, exclusiveMinimum: true } },
          },
          {
            type: 'object',
            properties: { name: { type: 'string', nullable: true }, stop: { $ref: '#/components/schemas/Stop' } },
          },
        ],
      },
      Stop: {
        oneOf: [
          { type: 'object', properties: { at: { type: 'string' } } },
          { type: 'object', properties: { at: { type: 'string' }, link: { type: 'string', format: 'uri' } } },
        ],
        discriminator: { propertyName: 'type' },
      },
    },
  },
}

const problems = requestValidator(spec, 'POST', '/trams')

test.each([
  [{ line: 1 }],
  [{ line: 2, name: null, stop: { at: 'the bridge' } }],
  [{ line: 3, stop: { at: 'the mill', link: 'https://trams.example' } }],
])('takes %j', (body) => expect(problems(body)).toEqual([]))

test.each([
  [{}, 'required'],
  [{ line: 0 }, '/line must be > 0'],
  [{ line: 'one' }, '/line must be integer'],
  [{ line: 1, colour: 'red' }, 'unevaluated'],
])('finds fault with %j', (body, fault) => expect(problems(body).join()).toContain(fault))

test('an operation without such a body is a mistake of the test', () => {
  expect(() => requestValidator(spec, 'POST', '/buses')).toThrow('no application/json body for POST /buses')
})

describe.skipIf(wireFolder() === undefined)('the descriptions of the wire folder', () => {
  test('an image request of OpenAI', () => {
    const validate = requestValidator(readOpenApi('openai/openapi.json'), 'POST', '/images/generations')
    expect(validate({ prompt: 'a tram', n: 1 })).toEqual([])
    expect(validate({ prompt: 'a tram', n: 'one' })).not.toEqual([])
  })

  test('an image request of Recraft, whose description is YAML', () => {
    const spec = readOpenApi('recraft/openapi.2026-08-22.yaml')
    const [path] = Object.keys(spec.paths as object).filter((name) => name.endsWith('/images/generations'))
    expect(requestValidator(spec, 'POST', path!)({ prompt: 7 })).not.toEqual([])
  })
})
