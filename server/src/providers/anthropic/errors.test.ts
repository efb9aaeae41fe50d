import { describe, expect, test } from 'vitest'
import { anthropic } from '../anthropic.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const call = {
  model: 'claude-sonnet-5',
  messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }],
}

const failed = async (script: Scripted): Promise<unknown> =>
  anthropic.text!.generate(call, connectTo([script])).then(
    () => undefined,
    (error: unknown) => error,
  )

const said = (type: string, message: string, error_code?: string) => ({
  type: 'error',
  error: { type, message, ...(error_code && { details: { error_code } }) },
  request_id: 'req_1',
})

describe('the table of errors', () => {
  test.each([
    [400, 'invalid_request_error', 'max_tokens: Field required', undefined, 'invalid_input', false],
    [
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API.',
      undefined,
      'billing',
      false,
    ],
    [400, 'invalid_request_error', 'You have reached your specified API usage limits.', undefined, 'billing', false],
    [400, 'invalid_request_error', 'Your organization has reached its spend limit.', undefined, 'billing', false],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', undefined, 'content_policy', false],
    [400, 'invalid_request_error', 'This organization has been disabled.', 'organization_on_hold', 'permission', false],
    [401, 'authentication_error', 'invalid x-api-key', undefined, 'authentication', false],
    [402, 'billing_error', 'Check your payment details.', undefined, 'billing', false],
    [402, 'billing_error', 'No credit.', 'linked_organization_spend_limit_reached', 'billing', false],
    [403, 'permission_error', 'Not allowed.', undefined, 'permission', false],
    [404, 'not_found_error', 'model: claude-1', undefined, 'model_not_found', false],
    [404, 'invalid_request_error', 'No such route.', undefined, 'model_not_found', false],
    [413, 'request_too_large', 'Request exceeds the maximum size', undefined, 'invalid_input', false],
    [429, 'rate_limit_error', 'Too many tokens per minute.', undefined, 'rate_limit', true],
    [429, 'rate_limit_error', 'Growing too fast.', 'ramp_limit_exceeded', 'rate_limit', true],
    [429, 'rate_limit_error', 'The monthly threshold is crossed.', 'enforced_spend_limit_reached', 'billing', false],
    [429, 'rate_limit_error', 'The contract is spent.', 'contract_spend_limit_reached', 'billing', false],
    [429, 'rate_limit_error', 'enforced_spend_limit_reached', undefined, 'billing', false],
    [500, 'api_error', 'Internal server error', undefined, 'upstream_error', true],
    [504, 'timeout_error', 'Took too long.', undefined, 'timeout', true],
    [529, 'overloaded_error', 'Overloaded', undefined, 'overloaded', true],
  ])('%i %s "%s" (%s) is %s', async (upstreamStatus, type, message, errorCode, code, retryable) => {
    expect(await failed({ status: upstreamStatus, body: said(type, message, errorCode) })).toMatchObject({
      code,
      retryable,
      upstreamStatus,
      upstreamCode: errorCode ?? type,
      upstreamRequestId: 'req_1',
      message: expect.stringContaining(message),
    })
  })
})

test('the delay and the verdict on another try come from the headers', async () => {
  const headers = { 'retry-after': '12', 'x-should-retry': 'false', 'request-id': 'req_2' }
  expect(await failed({ status: 529, headers, body: '' })).toMatchObject({
    code: 'overloaded',
    retryAfterMs: 12_000,
    retryable: false,
    upstreamRequestId: 'req_2',
  })
})

test.each([
  ['<html><title>502 Bad Gateway</title></html>', 'provider: 502 Bad Gateway'],
  ['', 'provider: HTTP status 502 with no explanation'],
  ['upstream reset', 'provider: upstream reset'],
  ['{"error":{"message":"no type"}}', 'provider: no type'],
])('a proxy may answer %j', async (body, message) => {
  expect(await failed({ status: 502, body })).toMatchObject({ code: 'upstream_error', message })
})

test('a redirect is not followed', async () => {
  expect(await failed({ status: 307, headers: { location: 'https://elsewhere.example/v1' } })).toMatchObject({
    code: 'upstream_error',
    message: 'provider answered with a redirect to elsewhere.example; check its base URL.',
  })
})

test('an error may come with a good status', async () => {
  expect(await failed({ body: said('overloaded_error', 'Overloaded') })).toMatchObject({ code: 'overloaded' })
})
