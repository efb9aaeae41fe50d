import { bedrock } from '../../src/providers/bedrock.ts'
import { type Failure, SQUARE, type TextSubject } from './subject.ts'
import { describeProvider } from './suite.ts'

const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const pair = {
  credential: `${ACCESS_KEY_ID}:${SECRET}`,
  wrong: `AKIAI44QH8DHBEXAMPLE:${SECRET.toLowerCase()}`,
  signs: true,
  accepts: { credentials: [ACCESS_KEY_ID], awsSecret: SECRET },
} as const

const said = (status: number, word: string, message: string, code: Failure['code'], more: Partial<Failure> = {}) => ({
  name: word,
  status,
  headers: { 'x-amzn-errortype': `${word}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
  body: { message },
  code,
  ...more,
})

/** Source: Bedrock Runtime service model 2023-09-30; Bedrock user guide, error codes, read November 2026. */
const failures: Failure[] = [
  said(403, 'AccessDeniedException', 'User is not authorized to perform: bedrock:InvokeModel', 'permission'),
  said(
    403,
    'AccessDeniedException',
    "You don't have access to the model with the specified model ID.",
    'model_not_enabled',
  ),
  said(403, 'AccessDeniedException', 'Your AWS Marketplace subscription is being processed.', 'model_not_enabled'),
  said(400, 'ValidationException', 'The input is not valid.', 'invalid_input'),
  said(400, 'ValidationException', 'The provided model identifier is invalid.', 'model_not_found', {
    told: 'us-west-2',
  }),
  said(400, 'ValidationException', 'Blocked by our content filters.', 'content_policy'),
  said(
    400,
    'ValidationException',
    "Invocation of model ID x with on-demand throughput isn't supported.",
    'invalid_input',
    { told: 'inference profile' },
  ),
  said(404, 'ResourceNotFoundException', 'Could not resolve the foundation model.', 'model_not_found'),
  said(
    404,
    'ResourceNotFoundException',
    'Access denied. This Model is marked by provider as Legacy.',
    'model_not_found',
  ),
  said(429, 'ThrottlingException', 'Too many requests, please wait.', 'rate_limit'),
  said(400, 'ThrottlingException', 'Too many tokens, please wait.', 'rate_limit'),
  said(400, 'ServiceQuotaExceededException', 'Your account has exceeded its quota.', 'rate_limit'),
  said(429, 'ModelNotReadyException', 'The model is not ready for inference.', 'overloaded'),
  said(408, 'ModelTimeoutException', 'Model has timed out.', 'timeout'),
  said(424, 'ModelErrorException', 'The model failed.', 'upstream_error'),
  said(424, 'ModelStreamErrorException', 'The model failed.', 'upstream_error'),
  said(500, 'InternalServerException', 'The system failed.', 'upstream_error'),
  said(503, 'ServiceUnavailableException', 'The service is not available.', 'overloaded'),
  said(400, 'ConflictException', 'Conflict.', 'invalid_input'),
  said(404, 'FTUFormNotFilled', 'Model use case details have not been submitted.', 'model_not_enabled'),
  said(403, 'MPAgreementBeingCreated', 'The agreement is being created.', 'model_not_enabled'),
  said(400, 'IncompleteSignature', 'The signature is incomplete.', 'authentication'),
  said(403, 'InvalidSignatureException', 'The signature does not match.', 'authentication'),
  said(403, 'UnrecognizedClientException', 'The security token is invalid.', 'authentication'),
  said(403, 'InvalidClientTokenId', 'The key id does not exist.', 'authentication'),
  said(403, 'ExpiredTokenException', 'The security token has expired.', 'authentication'),
  said(400, 'RequestExpired', 'The request has expired.', 'authentication'),
  said(400, 'NotAuthorized', 'Not allowed.', 'permission'),
  said(400, 'InvalidAction', 'No such action.', 'invalid_input'),
  { name: 'content_filtered', body: stopped('content_filtered'), code: 'content_policy', told: 'withheld' },
  { name: 'guardrail_intervened', body: stopped('guardrail_intervened'), code: 'content_policy' },
  ...['prompt', 'output image', 'input image'].map(
    (what): Failure => ({
      name: `Filter reason: ${what}`,
      body: { seeds: [1], finish_reasons: [`Filter reason: ${what}`], images: [] },
      code: 'content_policy',
      told: what,
      to: 'image',
    }),
  ),
  {
    name: 'Inference error',
    body: { seeds: [1], finish_reasons: ['Inference error'], images: [] },
    code: 'upstream_error',
    to: 'image',
  },
]

function stopped(stopReason: string) {
  return { output: { message: { role: 'assistant', content: [] } }, stopReason, usage: { inputTokens: 1 } }
}

const inStream = (
  [
    ['internalServerException', 'upstream_error'],
    ['modelStreamErrorException', 'upstream_error'],
    ['validationException', 'invalid_input'],
    ['throttlingException', 'rate_limit'],
    ['serviceUnavailableException', 'overloaded'],
  ] as const
).map(([type, code]) => ({ name: type, error: { type, message: 'It ends here.' }, code }))

const text: Omit<TextSubject, 'model'> = { streamError: 'upstream_error', inStream, without: ['crlf'] }

describeProvider({
  name: 'Bedrock with Claude and Stability',
  adapter: bedrock,
  unknownModel: { image: 'capability_missing', embed: 'capability_missing' },
  ...pair,
  connection: () => ({ region: 'us-west-2' }),
  text: {
    ...text,
    model: 'global.anthropic.claude-sonnet-4-6',
    reasoning: 'low',
    unsupported: [{ call: { seed: 7 }, warning: /seed/ }],
  },
  image: {
    model: 'stability.sd3-5-large-v1:0',
    variants: {
      'in another shape and format': { aspectRatio: '16:9', outputFormat: 'jpeg', seed: 5 },
      'from a picture': { pictures: [{ base64: SQUARE, mediaType: 'image/png' }], strength: 0.6 },
    },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  embed: { model: 'amazon.titan-embed-text-v2:0', dimensions: 512, single: true },
  failures,
})

describeProvider({
  name: 'Bedrock with Nova by a bearer key',
  adapter: bedrock,
  unknownModel: { image: 'capability_missing' },
  credential: 'bedrock-api-key-5150',
  connection: () => ({ region: 'us-east-1' }),
  elsewhere: ['embed'],
  text: { ...text, model: 'us.amazon.nova-2-lite-v1:0' },
  image: {
    model: 'amazon.nova-canvas-v1:0',
    most: 3,
    variants: { 'in another size': { size: { width: 1280, height: 720 }, seed: 5, negativePrompt: 'rain' } },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  failures: [
    said(400, 'ValidationException', 'This request has been blocked by our content filters.', 'content_policy', {
      to: 'image',
    }),
    {
      name: 'an answer without its pictures',
      body: { images: [], error: 'The generated images have been blocked by content filters.' },
      code: 'content_policy',
      to: 'image',
    },
  ],
})

describeProvider({
  name: 'Bedrock with Qwen',
  adapter: bedrock,
  ...pair,
  connection: () => ({ region: 'us-west-2' }),
  elsewhere: ['image', 'embed'],
  text: { ...text, model: 'qwen.qwen3-235b-a22b-2507-v1:0', toolChoice: false },
  failures: [],
})
