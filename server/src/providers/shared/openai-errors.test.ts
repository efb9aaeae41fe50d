import { describe, expect, test } from 'vitest'
import { openAIError } from './openai-errors.ts'

describe('a redirect names the host it leads to and nothing else', () => {
  test.each([
    ['https://user:word@elsewhere.example:8443/v1?key=hidden', 'elsewhere.example:8443'],
    ['/v2/hidden', 'another address'],
    [undefined, 'another address'],
  ])('%s', (location, where) => {
    const headers: Record<string, string> = location === undefined ? {} : { location }
    const error = openAIError(307, { ...headers, 'x-should-retry': 'true' }, '<html>hidden</html>', 'house')
    expect(error).toMatchObject({ code: 'upstream_error', status: 502, retryable: false, upstreamStatus: 307 })
    expect(error.message).toBe(`house answered with a redirect to ${where}; check its base URL.`)
  })
})

describe('a packed body is not read, its status is', () => {
  test.each([
    [429, 'rate_limit'],
    [401, 'authentication'],
    [503, 'overloaded'],
  ])('%i', (status, code) => {
    const error = openAIError(status, { 'content-encoding': 'br' }, '\u001b\u0003\u0000', 'house')
    expect(error.code).toBe(code)
    expect(error.message).toContain(`HTTP status ${status} with a body encoded as br, which was not asked for`)
    expect(error.message).not.toContain('\u001b')
  })

  test('unless it is packed as itself', () => {
    const body = '{"error":{"message":"slow down"}}'
    expect(openAIError(429, { 'content-encoding': 'identity' }, body, 'house').message).toBe('house: slow down')
  })
})

test.each([
  ['{"error":{"message":"no credit","code":"insufficient_quota"}}', 'billing', 'house: no credit'],
  ['{"error":{"message":"too slow","code":504}}', 'timeout', 'house: too slow'],
  ['{"error":"out of memory"}', 'upstream_error', 'house: out of memory'],
  ['null', 'upstream_error', 'house: an error without an explanation'],
])('%s with a good status is %s', (body, code, message) => {
  expect(openAIError(200, {}, body, 'house')).toMatchObject({ code, message })
})

test('an account that is blocked for its content is not a refusal of this one', () => {
  const message = 'Your resource has been temporarily blocked because it broke our content policy.'
  expect(openAIError(403, {}, JSON.stringify({ error: { message, code: '403' } }), 'house').code).toBe('permission')
})

test('a long message is left whole, because secrets are taken out of it later', () => {
  const message = 'x'.repeat(2_000)
  expect(openAIError(400, {}, message, 'house').message).toHaveLength('house: '.length + 2_000)
})
