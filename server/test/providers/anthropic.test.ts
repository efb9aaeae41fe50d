import { anthropic } from '../../src/providers/anthropic.ts'
import type { Failure } from './subject.ts'
import { describeProvider } from './suite.ts'

const said = (type: string, message: string, details?: object) => ({
  type: 'error',
  error: { type, message, ...(details && { details }) },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
})

/** Source: Anthropic's page of errors, read November 2026. */
const failures: Failure[] = [
  {
    name: 'invalid_request_error',
    status: 400,
    body: said('invalid_request_error', 'messages: at least one is required'),
    code: 'invalid_input',
  },
  {
    name: 'an account without credit',
    status: 400,
    body: said('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    code: 'billing',
  },
  {
    name: 'a spending limit',
    status: 400,
    body: said('invalid_request_error', 'You have reached your specified API usage limits.'),
    code: 'billing',
  },
  {
    name: 'a content filter',
    status: 400,
    body: said('invalid_request_error', 'Output blocked by content filtering policy'),
    code: 'content_policy',
  },
  { name: 'authentication_error', status: 401, body: said('authentication_error', 'invalid'), code: 'authentication' },
  { name: 'billing_error', status: 402, body: said('billing_error', 'payment'), code: 'billing' },
  { name: 'permission_error', status: 403, body: said('permission_error', 'no'), code: 'permission' },
  { name: 'not_found_error', status: 404, body: said('not_found_error', 'model: x'), code: 'model_not_found' },
  { name: 'request_too_large', status: 413, body: said('request_too_large', 'too large'), code: 'invalid_input' },
  { name: 'rate_limit_error', status: 429, body: said('rate_limit_error', 'slow down'), code: 'rate_limit' },
  {
    name: 'a spending limit that is enforced',
    status: 429,
    body: said('rate_limit_error', 'limit', { error_code: 'enforced_spend_limit_reached' }),
    code: 'billing',
  },
  { name: 'api_error', status: 500, body: said('api_error', 'Internal server error'), code: 'upstream_error' },
  { name: 'timeout_error', status: 504, body: said('timeout_error', 'timed out'), code: 'timeout' },
  { name: 'overloaded_error', status: 529, body: said('overloaded_error', 'Overloaded'), code: 'overloaded' },
]

const inStream = [
  { name: 'an overload', error: { type: 'overloaded_error', message: 'Overloaded' }, code: 'overloaded' },
  { name: 'a limit', error: { type: 'rate_limit_error', message: 'Slow down' }, code: 'rate_limit' },
  { name: 'a failure', error: { type: 'api_error', message: 'Internal' }, code: 'upstream_error' },
] as const

describeProvider({
  name: 'Anthropic',
  adapter: anthropic,
  text: {
    model: 'claude-sonnet-4-6',
    reasoning: 'low',
    streamError: 'overloaded',
    inStream,
    unsupported: [{ call: { seed: 7 }, warning: /seed/i }],
  },
  failures,
})

describeProvider({
  name: 'Anthropic without sampling settings and prefill',
  adapter: anthropic,
  text: {
    model: 'claude-opus-5-5',
    toolChoice: false,
    streamError: 'overloaded',
    unsupported: [{ call: { temperature: 0.5 }, warning: /temperature/i }],
  },
  failures: [],
})
