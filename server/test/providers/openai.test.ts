import { openai } from '../../src/providers/openai.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const said = (message: string, code: string | null, type = 'invalid_request_error', param: string | null = null) => ({
  error: { message, type, param, code },
})

/** Source: OpenAI's API reference and error guide, read November 2026. */
const failures: Failure[] = [
  { name: 'a bad request', status: 400, body: said('Invalid value.', 'invalid_value'), code: 'invalid_input' },
  {
    name: 'context_length_exceeded',
    status: 400,
    body: said('This model has a maximum context length.', 'context_length_exceeded'),
    code: 'invalid_input',
  },
  ...['moderation_blocked', 'content_policy_violation', 'content_filter'].map(
    (word): Failure => ({
      name: word,
      status: 400,
      body: said('Your request was rejected by the safety system.', word),
      code: 'content_policy',
      told: 'safety system',
    }),
  ),
  {
    name: 'moderation_blocked',
    status: 400,
    body: said('Your request was rejected by the safety system.', 'moderation_blocked', 'image_generation_user_error'),
    code: 'content_policy',
    to: 'image',
  },
  {
    name: 'unknown_parameter',
    status: 400,
    body: said("Unknown parameter: 'response_format'.", 'unknown_parameter', undefined, 'response_format'),
    code: 'invalid_input',
    to: 'image',
  },
  {
    name: 'billing_hard_limit_reached',
    status: 400,
    body: said('Billing hard limit has been reached.', 'billing_hard_limit_reached'),
    code: 'billing',
  },
  { name: 'invalid_api_key', status: 401, body: said('Incorrect key.', 'invalid_api_key'), code: 'authentication' },
  { name: 'no organization', status: 401, body: said('You must be a member.', null), code: 'authentication' },
  {
    name: 'a wrong address',
    status: 401,
    body: said('IP not authorized', 'ip_not_authorized'),
    code: 'authentication',
  },
  {
    name: 'an unsupported country',
    status: 403,
    body: said('Country, region, or territory not supported', 'unsupported_country_region_territory'),
    code: 'permission',
  },
  { name: 'a missing scope', status: 403, body: said('Missing scopes: model.request', null), code: 'permission' },
  {
    name: 'model_not_found',
    status: 404,
    body: said('The model does not exist or you do not have access to it.', 'model_not_found'),
    code: 'model_not_found',
  },
  { name: 'too large', status: 413, body: said('Maximum content size limit exceeded', null), code: 'invalid_input' },
  { name: 'unprocessable', status: 422, body: said('Could not be processed', null), code: 'invalid_input' },
  ...['rate_limit_exceeded', 'slow_down'].map(
    (word): Failure => ({
      name: word,
      status: 429,
      body: said('Rate limit reached', word, 'rate_limit_error'),
      code: 'rate_limit',
    }),
  ),
  ...[
    'insufficient_quota',
    'credit_balance_exhausted',
    'organization_spend_limit_exceeded',
    'project_spend_limit_exceeded',
    'organization_usage_limit_exceeded',
  ].map(
    (word): Failure => ({
      name: word,
      status: 429,
      body: said('You exceeded your current quota', word, 'insufficient_quota'),
      code: 'billing',
    }),
  ),
  {
    name: 'an empty account by its type',
    status: 429,
    body: said('You exceeded your current quota', null, 'insufficient_quota'),
    code: 'billing',
  },
  {
    name: 'server_error',
    status: 500,
    body: said('The server had an error', null, 'server_error'),
    code: 'upstream_error',
  },
  {
    name: 'server_is_overloaded',
    status: 503,
    body: said('Overloaded', 'server_is_overloaded', 'service_unavailable_error'),
    code: 'overloaded',
  },
]

describeProvider({
  name: 'OpenAI',
  adapter: openai,
  text: {
    model: 'gpt-4.1-mini',
    streamError: 'upstream_error',
    inStream: [
      {
        name: 'an empty account',
        error: said('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota').error,
        code: 'billing',
      },
      { name: 'an overload', error: said('Overloaded', 'server_is_overloaded').error, code: 'overloaded' },
    ],
  },
  image: {
    model: 'gpt-image-2',
    most: 2,
    unmoderated: true,
    variants: {
      'in another size': { size: { width: 1536, height: 1024 } },
      'in another quality and format': { quality: 'low', outputFormat: 'webp', background: 'opaque' },
      'by the defaults of its record': { defaults: { quality: 'low', output_format: 'jpeg' } },
      'from two pictures': {
        pictures: [
          { base64: SQUARE, mediaType: 'image/png' },
          { base64: SQUARE, mediaType: 'image/png' },
        ],
      },
    },
  },
  failures,
})

describeProvider({
  name: 'OpenAI by its Responses API',
  adapter: openai,
  elsewhere: ['image'],
  text: {
    model: 'gpt-5.4-mini',
    connection: { flags: { api: 'responses' } },
    leastTokens: 16,
    stop: false,
    streamError: 'upstream_error',
    inStream: [
      { name: 'a refusal', error: { code: 'content_policy_violation', message: 'No.' }, code: 'content_policy' },
      { name: 'a limit', error: { code: 'rate_limit_exceeded', message: 'Slow down.' }, code: 'rate_limit' },
    ],
    unsupported: [{ call: { stop: ['END'] }, warning: /stop/i }],
  },
  failures: failures.filter(({ to }) => to !== 'image'),
})
