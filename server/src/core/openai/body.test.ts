import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeBody } from './body.ts'

const change = (raw: string, changes: Record<string, unknown>) =>
  JSON.parse(changeBody(Buffer.from(raw), JSON.parse(raw), changes).toString())

test('without changes the very same bytes go on', () => {
  const raw = Buffer.from('{"model":"a"}')
  expect(changeBody(raw, { model: 'a' }, {})).toBe(raw)
})

test.each([
  '{"model":"a","messages":[]}',
  '{ "messages" : [ ] , "model" : "a" }',
  '{"messages":[{"role":"model","content":"x"}],"model":"a"}',
  '{"messages":[{"role":"user","content":"say \\"model\\":\\"a\\""}],"model":"a"}',
  '{"metadata":{"model":"a"},"model":"a"}',
  '{"model":"b","model":"a"}',
  '{"model":"a","mod\\u0065l":"a"}',
  '{"mod\\u0065l":"a","user":"model"}',
  '{"model":"\\u0061"}',
])('the model is replaced, and nothing but it, in %s', (raw) => {
  expect(change(raw, { model: 'upstream/ä' })).toEqual({ ...JSON.parse(raw), model: 'upstream/ä' })
})

test('bytes that need not change are not written anew', () => {
  const raw = '{"model":"a",  "temperature": 1.0}'
  const changed = changeBody(Buffer.from(raw), JSON.parse(raw), { model: 'b', stream_options: { include_usage: true } })
  expect(changed.toString()).toBe('{"stream_options":{"include_usage":true},"model":"b",  "temperature": 1.0}')
})

test('whatever the body is, the result reads as the body with the changes', () => {
  const json = fc.jsonValue({ maxDepth: 3 })
  const object = fc.dictionary(fc.oneof(fc.constantFrom('model', 'user', 'max_tokens', 'm'), fc.string()), json)
  fc.assert(
    fc.property(object, fc.string(), fc.string(), fc.boolean(), (rest, from, to, pretty) => {
      const parsed: Record<string, unknown> = { ...rest, model: from }
      const raw = JSON.stringify(parsed, null, pretty ? 2 : 0)
      const changes = { model: to, stream_options: { include_usage: true } }
      expect(change(raw, changes)).toEqual(JSON.parse(JSON.stringify({ ...parsed, ...changes })))
    }),
  )
})

test('a field is taken out by changing it to undefined', () => {
  expect(change('{"model":"a","max_tokens":5}', { max_tokens: undefined, max_completion_tokens: 5 })).toEqual({
    model: 'a',
    max_completion_tokens: 5,
  })
})
