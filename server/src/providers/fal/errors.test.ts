import type { ErrorCode } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { falError, falResultError } from './errors.ts'

type Row = [
  status: number,
  body: unknown,
  expected: { code: ErrorCode } & Record<string, unknown>,
  headers?: Record<string, string>,
]

const field = (type: string, loc: unknown[] = ['body', 'prompt']) => ({ detail: [{ loc, msg: 'is wrong', type }] })

const ROWS: readonly Row[] = [
  [504, { detail: 'Request timed out', error_type: 'request_timeout' }, { code: 'timeout', retryable: true }],
  [504, { detail: 'No runner', error_type: 'startup_timeout' }, { code: 'timeout' }],
  [504, { detail: 'Deadline' }, { code: 'timeout', retryable: false }, { 'x-fal-request-timeout-type': 'user' }],
  [503, { detail: 'x', error_type: 'runner_scheduling_failure' }, { code: 'overloaded', retryable: true }],
  [503, { detail: 'x', error_type: 'runner_connection_timeout' }, { code: 'overloaded' }],
  [503, { detail: 'x', error_type: 'runner_connection_refused' }, { code: 'overloaded' }],
  [503, { detail: 'x', error_type: 'runner_connection_error' }, { code: 'overloaded' }],
  [503, { detail: 'x', error_type: 'runner_disconnected' }, { code: 'overloaded' }],
  [502, { detail: 'x', error_type: 'runner_incomplete_response' }, { code: 'upstream_error' }],
  [500, { detail: 'x', error_type: 'runner_server_error' }, { code: 'upstream_error' }],
  [499, { detail: 'x', error_type: 'client_disconnected' }, { code: 'canceled' }],
  [499, { detail: 'x', error_type: 'client_cancelled' }, { code: 'canceled' }],
  [400, { detail: 'x', error_type: 'bad_request' }, { code: 'invalid_input' }],
  [500, { detail: 'x', error_type: 'internal_error' }, { code: 'upstream_error' }],
  [500, { detail: 'x' }, { code: 'overloaded' }, { 'x-fal-error-type': 'runner_disconnected' }],
  [422, field('content_policy_violation'), { code: 'content_policy', upstreamCode: 'content_policy_violation' }],
  [504, field('generation_timeout', ['body']), { code: 'timeout' }],
  [500, field('internal_server_error', ['body']), { code: 'upstream_error' }],
  [422, field('downstream_service_error'), { code: 'upstream_error' }],
  [503, field('downstream_service_unavailable'), { code: 'overloaded' }],
  [422, field('image_too_large', ['body', 'image_url']), { code: 'invalid_input', param: 'image_url' }],
  [422, field('file_download_error', ['body', 'loras', 0, 'path']), { code: 'invalid_input', param: 'loras.0.path' }],
  [422, field('greater_than'), { code: 'invalid_input', message: 'fal: prompt: is wrong' }],
  [
    422,
    { detail: [...field('greater_than').detail, ...field('content_policy_violation').detail] },
    { code: 'content_policy' },
  ],
  [
    422,
    { detail: { msg: 'no face', type: 'face_detection_error' } },
    { code: 'invalid_input', message: 'fal: no face' },
  ],
  [422, field('x'), { code: 'invalid_input', retryable: true }, { 'x-fal-retryable': 'true' }],
  [500, field('x'), { code: 'upstream_error', retryable: false }, { 'x-fal-retryable': 'false' }],
  [401, { detail: 'No user found for Key ID and Secret' }, { code: 'authentication' }],
  [403, { detail: 'User is locked. Reason: Exhausted balance. Top up your balance.' }, { code: 'billing' }],
  [403, { detail: 'User is locked. Reason: TOP_UP' }, { code: 'billing' }],
  [403, { detail: 'User is locked. Reason: Admin lock' }, { code: 'permission' }],
  [403, { detail: 'Forbidden' }, { code: 'permission' }],
  [404, { detail: 'Application "flux" not found' }, { code: 'model_not_found' }],
  [429, { detail: 'Too many requests' }, { code: 'rate_limit', retryable: true }],
  [502, '<html><title>Bad gateway</title></html>', { code: 'upstream_error', message: 'fal: Bad gateway' }],
  [500, '', { code: 'upstream_error' }],
]

test.each(ROWS)('%d %j', (status, body, expected, headers = {}) => {
  const error = falError(
    status,
    { 'x-fal-request-id': 'req-1', ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
    'fal',
  )
  expect(error).toMatchObject({ upstreamStatus: status, upstreamRequestId: 'req-1', ...expected })
})

describe('a failed answer to the question for the result', () => {
  const read = (status: number, body: unknown, headers = {}) =>
    falResultError(status, headers, JSON.stringify(body), 'fal')

  test.each([
    [500, { detail: 'x', error_type: 'runner_server_error' }, 'upstream_error', true],
    [422, field('greater_than'), 'invalid_input', false],
    [422, field('content_policy_violation'), 'content_policy', false],
    [504, field('generation_timeout'), 'timeout', true],
  ])('%d %j is the failure of the work', (status, body, code, retryable) => {
    expect(read(status, body)).toMatchObject({ code, retryable, upstreamStatus: 200 })
  })

  test('fal is known by its headers, too', () => {
    expect(read(500, 'Internal Server Error', { 'x-fal-request-id': 'req-1' })).toMatchObject({
      upstreamStatus: 200,
      upstreamCode: '500',
    })
  })

  test.each([
    [502, '<html>'],
    [429, { detail: 'Too many requests' }],
    [401, { detail: 'Unauthorized' }],
    [404, { detail: 'Request not found' }],
  ])('%d %j is the failure of the question', (status, body) => {
    expect(read(status, body)).toMatchObject({ upstreamStatus: status })
  })
})
