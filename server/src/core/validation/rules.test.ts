import { Validation } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { missingAt } from './path.ts'
import { matches, patternProblem } from './pattern.ts'
import { validationProblems } from './problems.ts'
import { checkRules, isJudged, type JudgedText } from './rules.ts'
import { combine } from './sources.ts'

const said = (text: string, more: Partial<JudgedText> = {}): JudgedText => ({
  text,
  reason: 'stop',
  callsTools: false,
  ...more,
})
const rules = (validation: object) => Validation.parse(validation)
const broken = (text: string, ...validations: object[]) =>
  checkRules(said(text), validations.map(rules)).map(({ rule, reason }) => `${rule}: ${reason}`)

const PAGE = { type: 'object', properties: { title: { type: 'string' }, tags: { type: 'array' } }, required: ['title'] }

describe('rules', () => {
  test.each<[name: string, text: string, rules: object, findings: string[]]>([
    ['no rule', 'Hello.', {}, []],
    ['no rule and no text', ' \n', {}, ['empty: is empty']],
    ['a schema that fits', '{"title":"a"}', { schema: PAGE }, []],
    ['a schema and no JSON', 'Hello.', { schema: PAGE }, ['structure: is not JSON']],
    [
      'a schema that does not fit',
      '{"title":1}',
      { schema: PAGE },
      ['structure: does not fit its JSON Schema: /title must be string'],
    ],
    ['a field that is there', '{"hero":{"title":"a"}}', { required: ['hero.title'] }, []],
    ['a field that is not', '{"hero":{}}', { required: ['hero.title', 'hero'] }, ['field: lacks hero.title']],
    [
      'a field and a schema, the field first',
      '{}',
      { schema: PAGE, required: ['title'] },
      ['field: lacks title', "structure: does not fit its JSON Schema:  must have required property 'title'"],
    ],
    ['enough characters', 'abc', { minLength: 3, maxLength: 3 }, []],
    ['characters outside of the plane counted once', '👍👍', { maxLength: 2 }, []],
    ['too few characters', 'ab', { minLength: 3 }, ['length: has 2 characters, fewer than 3']],
    ['too many characters', 'abcd', { maxLength: 3 }, ['length: has 4 characters, more than 3']],
    ['a pattern that is there', 'On 2026-11-21.', { pattern: '\\d{4}-\\d\\d' }, []],
    ['a pattern that is not', 'Today.', { pattern: '^\\d' }, ['pattern: does not match "^\\\\d"']],
  ])('%s', (_, text, validation, findings) => {
    expect(broken(text, validation)).toEqual(findings)
  })

  test('add up, and what two of them say alike is told once', () => {
    expect(broken('ab', { minLength: 3 }, { minLength: 3, pattern: 'z' }, { maxLength: 1 })).toEqual([
      'length: has 2 characters, fewer than 3',
      'pattern: does not match "z"',
      'length: has 2 characters, more than 1',
    ])
  })

  test.each<[name: string, judged: boolean, more: Partial<JudgedText>]>([
    ['an answer', true, {}],
    ['an answer that was cut at its limit', true, { reason: 'length' }],
    ['a call of a tool', false, { callsTools: true, reason: 'tool-calls' }],
    ['a forced call of a tool', false, { callsTools: true }],
    ['what was withheld', false, { reason: 'content-filter' }],
    ['a refusal', false, { refuses: true }],
  ])('judge %s: %s', (_, judged, more) => {
    expect(isJudged(said('', more))).toBe(judged)
  })
})

describe('paths of required fields', () => {
  const PRODUCT = { name: 'a', note: null, parts: [{ price: 1 }, {}, { price: null }], none: [], deep: { list: [[1]] } }
  test.each([
    ['name', []],
    ['note', ['note']],
    ['other', ['other']],
    ['other.title', ['other']],
    ['name.first', ['name.first']],
    ['parts[0].price', []],
    ['parts[1].price', ['parts[1].price']],
    ['parts[7]', ['parts[7]']],
    ['parts[].price', ['parts[1].price', 'parts[2].price']],
    ['none', []],
    ['none[].price', []],
    ['name[]', ['name[]']],
    ['deep.list[0][0]', []],
    ['deep.list[][1]', ['deep.list[0][1]']],
    ['toString', ['toString']],
    ['parts.length', ['parts.length']],
  ])('%s', (path, missing) => {
    expect(missingAt(PRODUCT, path)).toEqual(missing)
  })

  test('name what is missing at most three times', () => {
    expect(broken('{"a":[{},{},{},{},{}]}', { required: ['a[].b'] })).toEqual([
      'field: lacks a[0].b, a[1].b, a[2].b and 2 more',
    ])
  })

  test('of a value that is no object', () => {
    expect(broken('null', { required: ['a'] })).toEqual(['field: lacks everything'])
    expect(broken('[1]', { required: ['[0]', '[1]'] })).toEqual(['field: lacks [1]'])
  })

  test.each(['', '.a', 'a.', 'a..b', 'a[x]', 'a[0', 'a]', 'a[0]b'])('are not %j', (path) => {
    expect(Validation.safeParse({ required: [path] }).success).toBe(false)
  })
})

describe('patterns', () => {
  test.each(['^[A-Z].*\\.$', '\\d+', '^a*b*$', 'a{2,5}', '(one|two)'])('%s can be used', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined()
  })

  test.each(['(a+)+$', '(a|a)*$', '(a)\\1', 'a*b*', '(?=a)b', '.*a.*'])('%s is refused', (pattern) => {
    expect(patternProblem(pattern)).toContain('too long')
  })

  test.each(['(', '[z-a]', '\\k<x>'])('%s is no pattern', (pattern) => {
    expect(patternProblem(pattern)).toContain('regular expression')
  })

  test('are given up where they take too long all the same', () => {
    expect(matches('(a+)+$', `${'a'.repeat(60)}!`)).toBeUndefined()
    expect(matches('^a+$', 'a'.repeat(100_000))).toBe(true)
  })
})

describe('what is wrong with rules', () => {
  test.each<[rules: object, paths: string[]]>([
    [{ schema: PAGE, pattern: '^a' }, []],
    [{ schema: { type: 'nothing' } }, ['schema']],
    [{ schema: { $ref: '#/nowhere' }, pattern: '(a+)+' }, ['schema', 'pattern']],
  ])('%j', (validation, paths) => {
    expect(validationProblems(rules(validation)).map(({ path }) => path.join('.'))).toEqual(paths)
  })

  test.each([
    [{ minLength: 5, maxLength: 4 }, 'maxLength'],
    [{ minLength: 0 }, 'minLength'],
    [{ when: 'later' }, 'when'],
    [{ validator: { onError: 'ignore' } }, 'validator.onError'],
    [{ required: [] }, 'required'],
  ])('is seen by the contract, %j', (validation, path) => {
    expect(Validation.safeParse(validation).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})

describe('rules of several sources', () => {
  test('are none where no source has one', () => {
    expect(combine([undefined, undefined])).toBeUndefined()
  })

  test.each<[times: ('before' | 'after' | undefined)[], when: string | undefined]>([
    [[undefined], undefined],
    [['after', undefined], 'after'],
    [['before', 'after'], 'before'],
    [['after', 'before'], 'before'],
  ])('are judged at the stricter time, %j', (times, when) => {
    expect(combine(times.map((time) => ({ minLength: 1, ...(time && { when: time }) })))?.when).toBe(when)
  })

  test('hold all of them, once each', () => {
    const [pool, own] = [{ minLength: 5 }, { minLength: 2 }]
    expect(combine([pool, undefined, own, { ...pool }])?.validations).toEqual([{ minLength: 5 }, { minLength: 2 }])
  })
})
