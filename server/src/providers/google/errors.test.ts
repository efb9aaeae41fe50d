import { describe, expect, test } from 'vitest'
import { google } from '../google.ts'
import { connectTo } from '../testing/connection.ts'
import { operationError } from './errors.ts'

const call = { model: 'gemini-3.8-flash', messages: [{ role: 'user' as const, content: [] }] }

const fail = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  google.text!.generate(
    call,
    connectTo([{ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }]),
  )

const INFO = 'type.googleapis.com/google.rpc.ErrorInfo'
const QUOTA = 'type.googleapis.com/google.rpc.QuotaFailure'

/** Status, status word, message, details, and what they mean. */
const ROWS: [number, string, string, unknown[], string][] = [
  [400, 'INVALID_ARGUMENT', 'Invalid value at generation_config.top_k.', [], 'invalid_input'],
  [400, 'INVALID_ARGUMENT', 'Pass a valid API key.', [{ '@type': INFO, reason: 'API_KEY_INVALID' }], 'authentication'],
  [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [], 'authentication'],
  [400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', [], 'authentication'],
  [400, 'INVALID_ARGUMENT', 'The prompt violates our usage guidelines.', [], 'content_policy'],
  [400, 'INVALID_ARGUMENT', "It violated Google's Responsible AI practices.", [], 'content_policy'],
  [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', [], 'permission'],
  [400, 'FAILED_PRECONDITION', 'The free tier is not available. Please enable billing.', [], 'billing'],
  [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', [], 'authentication'],
  [403, 'PERMISSION_DENIED', 'Your API key was reported as leaked.', [], 'permission'],
  [403, 'PERMISSION_DENIED', 'It is disabled.', [{ '@type': INFO, reason: 'SERVICE_DISABLED' }], 'permission'],
  [403, 'PERMISSION_DENIED', 'It requires billing.', [{ '@type': INFO, reason: 'BILLING_DISABLED' }], 'billing'],
  [404, 'NOT_FOUND', 'models/gemini-0 is not found for API version v1beta.', [], 'model_not_found'],
  [429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.', [], 'rate_limit'],
  [
    429,
    'RESOURCE_EXHAUSTED',
    'Check your plan and billing details.',
    [{ '@type': QUOTA, violations: [] }],
    'rate_limit',
  ],
  [
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota.',
    [{ '@type': QUOTA, violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] }],
    'billing',
  ],
  [429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.', [], 'billing'],
  [499, 'CANCELLED', 'The operation was cancelled.', [], 'canceled'],
  [500, 'INTERNAL', 'An internal error has occurred.', [], 'upstream_error'],
  [501, 'UNIMPLEMENTED', 'Operation is not implemented.', [], 'capability_missing'],
  [503, 'UNAVAILABLE', 'The model is overloaded.', [], 'overloaded'],
  [504, 'DEADLINE_EXCEEDED', 'The deadline expired.', [], 'timeout'],
]

describe('failed answers', () => {
  test.each(ROWS)('%i %s "%s"', async (status, word, message, details, code) => {
    const body = { error: { code: status, message, status: word, details } }
    const reason = (details as { reason?: string }[]).find((detail) => detail.reason)?.reason
    const wanted = { code, upstreamStatus: status, upstreamCode: reason ?? word, provider: 'provider' }
    await expect(fail(status, body)).rejects.toMatchObject(wanted)
    await expect(fail(status, body)).rejects.toThrow(message)
    // A stream that fails at once answers with a list of one.
    await expect(fail(status, [body])).rejects.toMatchObject(wanted)
  })

  test('a payment that is due has no word', async () => {
    await expect(fail(402, { error: { code: 402, message: 'Payment required.' } })).rejects.toMatchObject({
      code: 'billing',
    })
  })

  test('the delay of the details, unless a header says better', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }]
    const body = { error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED', details } }
    await expect(fail(429, body)).rejects.toMatchObject({ retryAfterMs: 34_400 })
    await expect(fail(429, body, { 'retry-after': '2' })).rejects.toMatchObject({ retryAfterMs: 2000 })
  })

  test('the field that is at fault, and the id of the request', async () => {
    const details = [
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'generation_config.top_k', description: 'too large' }],
      },
      { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'r1' },
    ]
    const error = { code: 400, message: 'Invalid.', status: 'INVALID_ARGUMENT', details }
    await expect(fail(400, { error })).rejects.toMatchObject({
      param: 'generation_config.top_k',
      upstreamRequestId: 'r1',
    })
  })

  test('what is no JSON, or says nothing', async () => {
    await expect(fail(502, '<html><title>Bad Gateway</title></html>')).rejects.toThrow('provider: Bad Gateway')
    await expect(fail(500, '')).rejects.toMatchObject({ code: 'upstream_error' })
    await expect(fail(403, '{"error":"denied"}')).rejects.toThrow('provider: denied')
  })
})

describe('failed operations', () => {
  const failed = (code: number, message: string) => operationError({ code, message }, { headers: {} }, 'provider')

  test.each([
    [3, 'bad input', 'invalid_input'],
    [3, 'The prompt could not be submitted: it violates our policies.', 'content_policy'],
    [4, 'too slow', 'timeout'],
    [8, 'quota', 'rate_limit'],
    [13, 'internal', 'upstream_error'],
    [14, 'busy', 'overloaded'],
    [99, 'odd', 'upstream_error'],
  ])('code %i "%s" is %s', (code, message, meaning) => {
    expect(failed(code, message)).toMatchObject({ code: meaning, message: `provider: ${message}` })
  })

  test('none of them leaves open whether the work was done', () => {
    for (let code = 1; code <= 16; code += 1) expect([400, 500]).toContain(failed(code, 'x').upstreamStatus)
  })
})
