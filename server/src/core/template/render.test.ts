import { TemplateConfiguration } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { BUILT_IN } from './builtin/index.ts'
import { checkTemplate } from './check.ts'
import { LiquidProblem, renderText, variablesOf } from './liquid.ts'
import { renderTemplate } from './render.ts'
import { readVariables } from './variables.ts'

const template = (change: Record<string, unknown> = {}) =>
  TemplateConfiguration.parse({ name: 'T', target: { model: 'flux-pro' }, prompt: 'p', ...change })

const text = (words: string, more: Record<string, unknown> = {}) => ({ type: 'text', text: words, size: 20, ...more })

describe('variables', () => {
  const problem = (definition: Record<string, unknown>, value: unknown) => {
    const { variables } = template({ variables: { v: definition } })
    return readVariables(variables, { v: value })
      .problems.map(({ path, message }) => `${path} ${message}`)
      .join()
  }

  test.each([
    [{ type: 'string' }, 'a'],
    [{ type: 'text' }, 'a\nb'],
    [{ type: 'number', min: 0 }, 0.5],
    [{ type: 'integer' }, 3],
    [{ type: 'boolean' }, false],
    [{ type: 'color' }, '#abc'],
    [{ type: 'color' }, '#aabbccdd'],
    [{ type: 'url' }, 'https://assets.example/a.png'],
    [{ type: 'url' }, 's3://bucket/avatar.safetensors'],
    [{ type: 'image' }, 'data:image/png;base64,iVBORw0KGgo='],
    [{ type: 'image' }, 'art_0123'],
    [{ type: 'enum', options: ['a', 'b'] }, 'b'],
    [{ type: 'date', min: '2026-01-01' }, '2026-02-28'],
    [{ type: 'string', required: true, default: 'x' }, undefined],
    [{ type: 'string' }, undefined],
  ])('%j takes %j', (definition, value) => {
    expect(problem(definition, value)).toBe('')
  })

  test.each([
    [{ type: 'string' }, 5, 'must be a string'],
    [{ type: 'string' }, 'a\nb', 'must be a single line'],
    [{ type: 'string', maxLength: 2 }, 'abc', 'must have at most 2 characters'],
    [{ type: 'string', maxLength: 1 }, 'ab', 'must have at most 1 character'],
    [{ type: 'string', minLength: 3 }, 'ab', 'must have at least 3 characters'],
    [{ type: 'text' }, 'a\u0000b', 'must not have control characters'],
    [{ type: 'number' }, '5', 'must be a number'],
    [{ type: 'number' }, Number.NaN, 'must be a number'],
    [{ type: 'number', max: 2 }, 3, 'must be at most 2'],
    [{ type: 'integer' }, 1.5, 'must be a whole number'],
    [{ type: 'boolean' }, 'true', 'must be true or false'],
    [{ type: 'color' }, 'red', 'must be a colour such as "#1a2b3c"'],
    [{ type: 'color' }, '#12345', 'must be a colour such as "#1a2b3c"'],
    [{ type: 'url' }, 'javascript:alert(1)', 'must be an http, https or s3 URL'],
    [{ type: 'url' }, 'file:///etc/passwd', 'must be an http, https or s3 URL'],
    [{ type: 'image' }, 'data:text/html,<script>', 'must be an http, https or s3 URL, a data URL'],
    [{ type: 'image' }, 'file:///etc/passwd', 'must be an http, https or s3 URL, a data URL'],
    [{ type: 'enum', options: ['a', 'b'] }, 'c', 'must be one of "a", "b"'],
    [{ type: 'date' }, '2026-02-30', 'must be a date such as "2026-12-24"'],
    [{ type: 'date', max: '2026-01-01' }, '2026-01-02', 'must be 2026-01-01 or earlier'],
    [{ type: 'string', required: true }, '', 'is required'],
    [{ type: 'string', required: true }, null, 'is required'],
  ])('%j refuses %j', (definition, value, expected) => {
    expect(problem(definition, value)).toContain(`variables.v ${expected}`)
  })

  test('everything that is wrong is told at once, with its path', () => {
    const variables = { a: { type: 'string', required: true }, b: { type: 'integer' }, c: { type: 'color' } }
    const { problems } = renderTemplate(template({ variables }), { b: 1.5, c: 'x', d: 1 })
    expect(problems.map(({ path }) => path)).toEqual(['variables.a', 'variables.b', 'variables.c', 'variables.d'])
    expect(problems.at(-1)!.message).toBe('is not known; allowed: a, b, c')
  })

  test('names of the language are no variables', () => {
    const { values, problems } = readVariables({}, { constructor: 1, toString: 2 })
    expect([Object.keys(values), problems.length]).toEqual([[], 2])
  })
})

describe('rendering', () => {
  test.each([
    ['{{ a }} and {{ n | plus: 1 }}', 'A and 3'],
    ['{% if none %}x{% else %}y{% endif %}', 'y'],
    ['{{ none }}{{ none | default: "z" }}', 'z'],
    ['{% if flag %}on{% endif %}', ''],
    ['{{ d | date: "%-d %B %Y" }}', '1 May 2026'],
    ['{{ a | downcase | append: "!" }}', 'a!'],
    ['{% assign x = a %}{{ x }}{% for i in (1..3) %}{{ i }}{% endfor %}', 'A123'],
    ['{% raw %}{{ a }}{% endraw %}', '{{ a }}'],
    ['{{ liquid }}', '{{ a }}{% if %}'],
  ])('%s', (source, expected) => {
    const values = { a: 'A', n: 2, none: null, flag: false, d: '2026-05-01', liquid: '{{ a }}{% if %}' }
    expect(renderText(source, values)).toBe(expected)
  })

  test.each([
    ['{% include "/etc/passwd" %}', 'tag "include" not found'],
    ['{% render "x" %}', 'tag "render" not found'],
    ['{% layout "x" %}', 'tag "layout" not found'],
    ['{{ a.constructor }}', 'undefined variable'],
    ['{{ a.__proto__.x }}', 'undefined variable'],
    ['{{ process }}', 'undefined variable'],
    ['{{ a | nothing }}', 'undefined filter'],
    ['{{ a ', 'not closed'],
    ['{% for i in (1..10000000) %}x{% endfor %}', 'limit exceeded'],
    ['{% for i in (1..9999) %}{% for j in (1..9999) %}{{ a }}{% endfor %}{% endfor %}', 'limit exceeded'],
    ['{% assign s = "aaaaaaaa" %}{% for i in (1..30) %}{% assign s = s | append: s %}{% endfor %}', 'limit exceeded'],
    [`{% for i in (1..3000) %}${'x'.repeat(40)}{% endfor %}`, 'longer than'],
    [`${'x'.repeat(50_001)}{{ a }}`, 'limit exceeded'],
  ])('%#: what is endless, unknown or out of reach is refused', (source, reason) => {
    const rendering = () => renderText(source, { a: 'A' })
    expect(rendering).toThrow(LiquidProblem)
    expect(rendering).toThrow(reason)
  })

  test('finds the variables that a text needs', () => {
    expect(variablesOf('{{ a }}{% if b %}{{ c | upcase }}{% endif %}{% assign d = 1 %}{{ d }}').sort()).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('a lone variable keeps its type among the inputs, and one that is not given is left out', () => {
    const variables = { n: { type: 'integer' }, f: { type: 'boolean' }, none: { type: 'url' }, s: { type: 'string' } }
    const inputs = {
      n: '{{ n }}',
      f: '{{ f }}',
      none: '{{ none }}',
      both: '{{ n }}/{{ s }}',
      list: [{ x: '{{ s }}', k: null }],
    }
    const { rendered, problems } = renderTemplate(template({ variables, inputs }), { n: 5, f: false, s: 'a "b"' })
    expect(problems).toEqual([])
    expect(rendered.inputs).toEqual({ n: 5, f: false, both: '5/a "b"', list: [{ x: 'a "b"', k: null }] })
  })

  test('layers stand under conditions, and those with nothing to draw are left out', () => {
    const variables = {
      kind: { type: 'enum', options: ['a', 'b'], default: 'a' },
      logo: { type: 'image' },
      sub: { type: 'string' },
    }
    const layers = [
      text('always'),
      text('a', { when: { variable: 'kind', is: ['a', 'c'] } }),
      text('not a', { when: { variable: 'kind', is: 'a', not: true } }),
      text('sub given', { when: { variable: 'sub' } }),
      { type: 'image', source: '{{ logo }}' },
      { type: 'stack', layers: [text('{{ sub }}'), text('{{ kind }}')] },
      { type: 'stack', layers: [text('{{ sub }}')] },
    ]
    const record = template({ variables, composition: { layers } })
    const paths = (given: object) =>
      renderTemplate(record, given as Record<string, unknown>).rendered.composition!.layers.map(({ path }) => path)
    expect(paths({})).toEqual(['layers[0]', 'layers[1]', 'layers[5]'])
    expect(paths({ kind: 'b', sub: 'x', logo: 'art_12' })).toEqual([0, 2, 3, 4, 5, 6].map((n) => `layers[${n}]`))
    const { composition } = renderTemplate(record, {}).rendered
    expect(composition!.layers.at(-1)).toMatchObject({ layers: [{ path: 'layers[5].layers[1]', text: 'a' }] })
  })

  test('what is no colour is told with its path', () => {
    const record = template({
      variables: { c: { type: 'string' } },
      composition: { layers: [text('x', { color: '{{ c }}' })] },
    })
    const { problems } = renderTemplate(record, { c: '#fff" onload="x' })
    expect(problems).toEqual([
      { path: 'composition.layers[0].color', message: 'becomes "#fff\\" onload=\\"x", which is no colour' },
    ])
  })
})

describe('a template as a whole', () => {
  test('is checked where it is made', () => {
    const record = template({
      variables: { n: { type: 'integer', max: 3, default: 5 } },
      target: { model: '{{ m }}' },
      prompt: '{{ p }} {% if %}',
      inputs: { a: [{ b: '{{ q }}' }] },
      composition: {
        layers: [text('{{ r }}', { when: { variable: 's' } }), { type: 'stack', layers: [text('{{ t | bad }}')] }],
      },
    })
    expect(checkTemplate(record).map(({ path }) => path)).toEqual([
      'variables.n.default',
      'target.model',
      'prompt',
      'inputs.a[0].b',
      'composition.layers[0].text',
      'composition.layers[1].layers[0].text',
      'composition.layers[0].when.variable',
    ])
  })

  test.each([...BUILT_IN])('%s is good', (_id, record) => {
    expect(checkTemplate(record)).toEqual([])
  })

  test('the billboard takes a LoRA where one is given', () => {
    const record = BUILT_IN.get('billboard')!
    const lora = 's3://loras/avatar.safetensors'
    expect(renderTemplate(record, { headline: 'H' }).rendered).toMatchObject({ model: 'flux-pro', inputs: {} })
    expect(renderTemplate(record, { headline: 'H', avatar_lora: lora }).rendered).toMatchObject({
      model: 'flux-lora',
      inputs: { lora_url: lora },
    })
  })
})
