import { fal } from '../../src/providers/fal.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const platform = (status: number, type: string | undefined, detail: string, code: Failure['code']): Failure => ({
  name: type ?? detail,
  status,
  body: { detail, ...(type && { error_type: type }) },
  code,
  told: detail,
})

const ofModel = (type: string, code: Failure['code'], retryable?: boolean): Failure => ({
  name: `the result is ${type}`,
  status: 422,
  headers: retryable === undefined ? {} : { 'x-fal-retryable': String(retryable) },
  body: { detail: [{ loc: ['body', 'prompt'], msg: `It is ${type}.`, type, input: 'a tram' }] },
  code,
  retryable,
  told: `prompt: It is ${type}.`,
  polled: true,
  after: 2,
})

/** Source: fal.ai/docs, Request Error Types and Model Errors, read November 2026. */
const failures: Failure[] = [
  platform(400, 'bad_request', 'The request is not valid.', 'invalid_input'),
  platform(401, undefined, 'No user found for Key ID and Secret', 'authentication'),
  platform(403, undefined, 'User is locked. Reason: Exhausted balance.', 'billing'),
  platform(403, undefined, 'User is locked. Reason: TOP_UP.', 'billing'),
  platform(403, undefined, 'User is locked. Reason: Admin lock.', 'permission'),
  platform(403, undefined, 'Not allowed to access this application.', 'permission'),
  platform(404, undefined, 'Application "a/b" not found', 'model_not_found'),
  platform(429, undefined, 'Too many concurrent requests.', 'rate_limit'),
  platform(499, 'client_cancelled', 'The request was cancelled.', 'canceled'),
  platform(499, 'client_disconnected', 'The client went away.', 'canceled'),
  platform(500, 'internal_error', 'Internal server error', 'upstream_error'),
  platform(500, 'runner_server_error', 'The runner failed.', 'upstream_error'),
  platform(502, 'runner_incomplete_response', 'The runner broke off.', 'upstream_error'),
  platform(503, 'runner_scheduling_failure', 'No runner is free.', 'overloaded'),
  platform(503, 'runner_connection_refused', 'No runner is there.', 'overloaded'),
  platform(503, 'runner_disconnected', 'The runner went away.', 'overloaded'),
  platform(504, 'request_timeout', 'The request timed out.', 'timeout'),
  platform(504, 'startup_timeout', 'The runner did not start.', 'timeout'),
  {
    name: 'a deadline of our own',
    status: 504,
    headers: { 'x-fal-request-timeout-type': 'user' },
    body: { detail: 'Request timed out', error_type: 'request_timeout' },
    code: 'timeout',
    retryable: false,
  },
  {
    name: 'a detail that is an object',
    status: 500,
    body: { detail: { msg: 'It broke.', type: 'internal_server_error' } },
    code: 'upstream_error',
    told: 'It broke.',
  },
  ofModel('content_policy_violation', 'content_policy'),
  ofModel('generation_timeout', 'timeout'),
  ofModel('internal_server_error', 'upstream_error'),
  ofModel('downstream_service_error', 'upstream_error'),
  ofModel('downstream_service_unavailable', 'overloaded', false),
  ofModel('image_too_large', 'invalid_input'),
  ofModel('file_download_error', 'invalid_input'),
  ofModel('greater_than_equal', 'invalid_input'),
  {
    name: 'a black picture',
    body: { images: [{ url: 'https://v3.fal.media/files/black.png' }], has_nsfw_concepts: [true] },
    code: 'content_policy',
    told: 'has_nsfw_concepts',
    polled: true,
    after: 2,
  },
]

const leadsTo = (origin: string) => {
  const url = `${origin}/fal-ai/flux/requests/request-1`
  return { request_id: 'request-1', response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` }
}
const picture = { base64: SQUARE, mediaType: 'image/png' }

describeProvider({
  name: 'fal',
  adapter: fal,
  image: {
    model: 'fal-ai/flux/dev',
    polled: true,
    most: 3,
    usage: { images: 1, megapixels: 0.786_432 },
    variants: {
      'in another size and format': {
        size: { width: 1280, height: 720 },
        outputFormat: 'png',
        seed: 5,
        steps: 20,
        guidanceScale: 4,
      },
    },
    unsupported: [{ call: { negativePrompt: 'rain' }, warning: /negative prompt/ }],
    leadsTo,
  },
  video: {
    model: 'fal-ai/kling-video/v2.1/master/text-to-video',
    call: { seconds: 5, aspectRatio: '16:9' },
    polled: true,
    leadsTo,
  },
  failures,
})

describeProvider({
  name: 'fal with LoRAs and pictures',
  adapter: fal,
  elsewhere: ['video'],
  image: {
    model: 'fal-ai/flux-lora/image-to-image',
    polled: true,
    call: { pictures: [picture], strength: 0.7 },
    variants: { 'with LoRAs': { loras: [{ path: 'https://example.com/lora.safetensors', scale: 0.8 }] } },
  },
  failures: [],
})
