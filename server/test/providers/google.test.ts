import { google } from '../../src/providers/google.ts'
import { vertex } from '../../src/providers/vertex.ts'
import type { Failure, TextSubject } from './subject.ts'
import { SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`
const said = (code: number, status: string, message: string, details?: object[]) => ({
  error: { code, status, message, ...(details && { details }) },
})
const quota = (quotaId: string) => ({ '@type': type('QuotaFailure'), violations: [{ quotaId }] })
const reason = (word: string) => ({ '@type': type('ErrorInfo'), reason: word, domain: 'googleapis.com' })

/** Source: Gemini API troubleshooting guide and google.rpc.Status, read November 2026. */
const failures: Failure[] = [
  { name: 'INVALID_ARGUMENT', status: 400, body: said(400, 'INVALID_ARGUMENT', 'No.'), code: 'invalid_input' },
  {
    name: 'API_KEY_INVALID',
    status: 400,
    body: said(400, 'INVALID_ARGUMENT', 'API key not valid.', [reason('API_KEY_INVALID')]),
    code: 'authentication',
  },
  {
    name: 'a region that is not served',
    status: 400,
    body: said(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
    code: 'permission',
  },
  {
    name: 'a free tier that is not there',
    status: 400,
    body: said(400, 'FAILED_PRECONDITION', 'Please enable billing on your project.'),
    code: 'billing',
  },
  { name: 'UNAUTHENTICATED', status: 401, body: said(401, 'UNAUTHENTICATED', 'No.'), code: 'authentication' },
  { name: 'an unpaid account', status: 402, body: said(402, '', 'Payment required.'), code: 'billing' },
  { name: 'PERMISSION_DENIED', status: 403, body: said(403, 'PERMISSION_DENIED', 'No.'), code: 'permission' },
  {
    name: 'SERVICE_DISABLED',
    status: 403,
    body: said(403, 'PERMISSION_DENIED', 'The API is disabled.', [reason('SERVICE_DISABLED')]),
    code: 'permission',
  },
  { name: 'NOT_FOUND', status: 404, body: said(404, 'NOT_FOUND', 'models/x is not found'), code: 'model_not_found' },
  {
    name: 'RESOURCE_EXHAUSTED of a minute',
    status: 429,
    body: said(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
      quota('GenerateRequestsPerMinutePerProjectPerModel'),
      { '@type': type('RetryInfo'), retryDelay: '34.4s' },
    ]),
    code: 'rate_limit',
    retryAfterMs: 34_400,
  },
  {
    name: 'RESOURCE_EXHAUSTED of a day',
    status: 429,
    body: said(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
      quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
    ]),
    code: 'billing',
  },
  { name: 'CANCELLED', status: 499, body: said(499, 'CANCELLED', 'It was cancelled.'), code: 'canceled' },
  { name: 'INTERNAL', status: 500, body: said(500, 'INTERNAL', 'An internal error.'), code: 'upstream_error' },
  { name: 'UNAVAILABLE', status: 503, body: said(503, 'UNAVAILABLE', 'Overloaded.'), code: 'overloaded' },
  { name: 'DEADLINE_EXCEEDED', status: 504, body: said(504, 'DEADLINE_EXCEEDED', 'Expired.'), code: 'timeout' },
  ...['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'MODEL_ARMOR', 'JAILBREAK'].map(
    (blockReason): Failure => ({
      name: `a prompt blocked for ${blockReason}`,
      body: { promptFeedback: { blockReason }, responseId: 'response-1' },
      code: 'content_policy',
      told: blockReason,
    }),
  ),
  ...['text', 'image'].flatMap((to) =>
    Object.entries({
      SAFETY: 'content_policy',
      RECITATION: 'content_policy',
      BLOCKLIST: 'content_policy',
      PROHIBITED_CONTENT: 'content_policy',
      SPII: 'content_policy',
      LANGUAGE: 'content_policy',
      IMAGE_SAFETY: 'content_policy',
      IMAGE_PROHIBITED_CONTENT: 'content_policy',
      IMAGE_RECITATION: 'content_policy',
      NO_IMAGE: 'upstream_error',
      IMAGE_OTHER: 'upstream_error',
      OTHER: 'upstream_error',
      MALFORMED_FUNCTION_CALL: 'invalid_output',
      MALFORMED_RESPONSE: 'invalid_output',
      UNEXPECTED_TOOL_CALL: 'invalid_output',
      TOO_MANY_TOOL_CALLS: 'invalid_output',
    } as const).map(
      ([finishReason, code]): Failure => ({
        name: `an answer that ends in ${finishReason}`,
        body: { candidates: [{ finishReason }], responseId: 'response-1' },
        code,
        told: finishReason,
        to: to as 'text' | 'image',
      }),
    ),
  ),
]

const text: TextSubject = {
  model: 'gemini-3.6-flash',
  reasoning: 'low',
  streamError: 'overloaded',
  inStream: [
    { name: 'a limit', error: said(429, 'RESOURCE_EXHAUSTED', 'Slow down.').error, code: 'rate_limit' },
    { name: 'a failure', error: said(500, 'INTERNAL', 'Internal.').error, code: 'upstream_error' },
  ],
  without: ['no-end-marker'],
}
const image = {
  model: 'gemini-nano-banana-2.1',
  variants: {
    'in another shape': { aspectRatio: '16:9' },
    'from a picture': { pictures: [{ base64: SQUARE, mediaType: 'image/png' }] },
  },
  unsupported: [{ call: { negativePrompt: 'rain' }, warning: /negative ?prompt/i }],
}

describeProvider({
  name: 'the Gemini API',
  adapter: google,
  names: 'answers',
  text,
  image,
  video: {
    model: 'veo-3.1-generate-preview',
    call: { seconds: 4, aspectRatio: '16:9' },
    polled: true,
    sealed: true,
    unnamed: true,
    usage: { seconds: 4 },
  },
  embed: { model: 'gemini-embedding-001', dimensions: 768, uncounted: true },
  failures,
})

describeProvider({
  name: 'the Gemini API with Imagen',
  adapter: google,
  names: 'answers',
  elsewhere: ['text', 'video', 'embed'],
  emptyMeans: { image: 'content_policy' },
  image: {
    model: 'imagen-4.0-generate-001',
    unnamed: true,
    most: 4,
    variants: { 'in another shape': { aspectRatio: '9:16' } },
  },
  failures: [
    {
      name: 'a prompt that is refused in words alone',
      status: 400,
      body: said(400, 'INVALID_ARGUMENT', "The prompt violated Google's Responsible AI practices."),
      code: 'content_policy',
    },
  ],
})

describeProvider({
  name: 'Vertex AI',
  adapter: vertex,
  names: 'answers',
  double: 'google',
  connection: () => ({ settings: { project: 'a-project' }, region: 'europe-west4' }),
  unlisted: true,
  elsewhere: ['embed'],
  text,
  image,
  video: {
    model: 'veo-3.1-generate-preview',
    call: { seconds: 4, aspectRatio: '16:9' },
    polled: true,
    unnamed: true,
    usage: { seconds: 4 },
  },
  failures: failures.filter(({ name }) => name !== 'API_KEY_INVALID'),
})
