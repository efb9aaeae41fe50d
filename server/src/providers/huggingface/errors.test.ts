import type { ErrorCode } from '@turnout/contract'
import { expect, test } from 'vitest'
import { huggingFaceError } from './errors.ts'

type Row = [status: number, body: unknown, expected: { code: ErrorCode } & Record<string, unknown>]

const ROWS: readonly Row[] = [
  [
    400,
    {
      error: {
        message: "The requested model 'x/y' is not supported by any provider you have enabled.",
        code: 'model_not_supported',
        type: 'invalid_request_error',
        param: 'model',
      },
    },
    { code: 'model_not_enabled', upstreamCode: 'model_not_supported', param: 'model' },
  ],
  [400, { error: 'Model not supported by provider hf-inference' }, { code: 'model_not_enabled' }],
  [
    400,
    { error: ['Error in `inputs`: field required', 'and more'] },
    { code: 'invalid_input', message: 'huggingface: Error in `inputs`: field required; and more' },
  ],
  [401, { error: 'Invalid username or password.' }, { code: 'authentication' }],
  [400, { error: 'Invalid username or password.' }, { code: 'authentication' }],
  [402, { error: 'You have exceeded your monthly included credits for Inference Providers.' }, { code: 'billing' }],
  [
    429,
    { error: 'You have exceeded your monthly included credits for Inference Providers.' },
    { code: 'billing', retryable: false },
  ],
  [
    403,
    {
      error:
        'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user x',
    },
    { code: 'permission' },
  ],
  [404, { error: 'Model x/y does not exist' }, { code: 'model_not_found' }],
  [404, 'Not Found', { code: 'model_not_found', message: 'huggingface: Not Found' }],
  [
    422,
    { detail: [{ loc: ['body', 'prompt'], msg: 'too long', type: 'string_too_long' }] },
    { code: 'invalid_input', param: 'prompt' },
  ],
  [
    422,
    { detail: [{ loc: ['body', 'prompt'], msg: 'flagged', type: 'content_policy_violation' }] },
    { code: 'content_policy' },
  ],
  [503, { detail: 'gone', error_type: 'runner_disconnected' }, { code: 'overloaded' }],
  [
    422,
    { title: 'Input validation failed', detail: '- input.seed: Invalid type', status: 422 },
    { code: 'invalid_input', message: 'huggingface: - input.seed: Invalid type' },
  ],
  [429, { message: 'Too many requests' }, { code: 'rate_limit' }],
  [
    503,
    { error: 'Model x/y is currently loading', estimated_time: 20.5 },
    { code: 'overloaded', retryAfterMs: 20_500, retryable: true },
  ],
  [500, { error: 'Model x/y is currently loading' }, { code: 'overloaded' }],
  [
    504,
    '<html><title>504 Gateway Time-out</title></html>',
    { code: 'timeout', message: 'huggingface: 504 Gateway Time-out' },
  ],
  [500, { error: 'Internal Server Error' }, { code: 'upstream_error' }],
  [400, { error: { message: 'x', code: 'content_policy_violation' } }, { code: 'content_policy' }],
]

test.each(ROWS)('%d %j', (status, body, expected) => {
  const error = huggingFaceError(
    status,
    { 'x-request-id': 'req-1' },
    typeof body === 'string' ? body : JSON.stringify(body),
    'huggingface',
  )
  expect(error).toMatchObject({ upstreamStatus: status, upstreamRequestId: 'req-1', ...expected })
})
