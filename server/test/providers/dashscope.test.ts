import { dashscope } from '../../src/providers/dashscope.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const REQUEST_ID = '7574ee8f-38a3-4b1e-9280-11c33ab46e51'

/** The same words come in two shapes: of the own API and of the one that is like OpenAI's. */
const said = (status: number, word: string, message: string, code: Failure['code']): Failure[] => [
  {
    name: word,
    status,
    body: { code: word, message, request_id: REQUEST_ID },
    code,
    told: message,
    to: 'image',
  },
  {
    name: word,
    status,
    body: { error: { message, type: word, param: null, code: word }, request_id: REQUEST_ID },
    code,
    told: message,
    to: 'text',
  },
]

/** A task has ended: the same again is a new task, so nothing of it is tried again. */
const task = (word: string, message: string, code: Failure['code'], more: object = {}): Failure => ({
  name: `a task that failed with ${word}`,
  body: {
    request_id: REQUEST_ID,
    output: { task_id: 'task-1', task_status: 'FAILED', code: word, message, ...more },
  },
  code,
  retryable: false,
  told: message,
  to: 'image',
  polled: true,
})

/** Source: Alibaba Cloud Model Studio, "Error codes", read November 2026. */
const failures: Failure[] = [
  ...said(400, 'InvalidParameter', 'The size is not valid.', 'invalid_input'),
  ...said(400, 'InvalidParameter.DataInspection', 'Unable to download the media.', 'invalid_input'),
  ...said(400, 'DataInspectionFailed', 'Input data may contain inappropriate content.', 'content_policy'),
  ...said(400, 'data_inspection_failed', 'Output data may contain inappropriate content.', 'content_policy'),
  ...said(400, 'Arrearage', 'Access denied, please make sure your account is in good standing.', 'billing'),
  ...said(401, 'InvalidApiKey', 'Invalid API-key provided.', 'authentication'),
  ...said(403, 'AccessDenied', 'Access denied.', 'permission'),
  ...said(403, 'Model.AccessDenied', 'Model access denied.', 'model_not_enabled'),
  ...said(403, 'AllocationQuota.FreeTierOnly', 'The free tier of the model has been exhausted.', 'billing'),
  ...said(404, 'ModelNotFound', 'Model can not be found.', 'model_not_found'),
  ...said(429, 'Throttling', 'Requests throttling triggered.', 'rate_limit'),
  ...said(429, 'Throttling.RateQuota', 'Requests rate limit exceeded.', 'rate_limit'),
  ...said(429, 'Throttling.BurstRate', 'Request rate increased too quickly.', 'rate_limit'),
  ...said(429, 'Throttling.AllocationQuota', 'Allocated quota exceeded.', 'rate_limit'),
  ...said(429, 'insufficient_quota', 'You exceeded your current quota, please check your billing.', 'billing'),
  ...said(500, 'InternalError', 'An internal error has occurred.', 'upstream_error'),
  ...said(500, 'InternalError.Algo', 'An internal error has occurred.', 'upstream_error'),
  ...said(503, 'ModelServingError', 'Too many requests. Your requests are being throttled.', 'overloaded'),
  task('InternalError.Timeout', 'An internal timeout error has occurred.', 'upstream_error'),
  task('DataInspectionFailed', 'Output data may contain inappropriate content.', 'content_policy'),
  {
    name: 'a task of which every picture failed',
    body: {
      request_id: REQUEST_ID,
      output: {
        task_status: 'SUCCEEDED',
        results: [{ code: 'DataInspectionFailed', message: 'Output data may contain inappropriate content.' }],
      },
    },
    code: 'content_policy',
    retryable: false,
    to: 'image',
    polled: true,
  },
  {
    name: 'a task that was canceled',
    body: { request_id: REQUEST_ID, output: { task_id: 'task-1', task_status: 'CANCELED' } },
    code: 'canceled',
    to: 'image',
    polled: true,
  },
  {
    name: 'a task that nobody knows',
    body: { request_id: REQUEST_ID, output: { task_id: 'task-1', task_status: 'UNKNOWN' } },
    code: 'unknown_outcome',
    to: 'image',
    polled: true,
  },
]

const picture = { base64: SQUARE, mediaType: 'image/png' }

describeProvider({
  name: 'DashScope with tasks',
  adapter: dashscope,
  text: { model: 'qwen3-max', streamError: 'upstream_error' },
  image: {
    model: 'qwen-image-plus',
    polled: true,
    variants: { 'in another size': { size: { width: 1664, height: 928 }, seed: 5, negativePrompt: 'rain' } },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  video: { model: 'wan2.6-t2v', call: { seconds: 5, resolution: '720p' }, polled: true },
  failures,
})

describeProvider({
  name: 'DashScope with answers at once',
  adapter: dashscope,
  elsewhere: ['text'],
  video: { model: 'wan2.7-t2v', call: { seconds: 5, resolution: '720p' }, polled: true },
  image: {
    model: 'qwen-image-2.0-pro',
    most: 3,
    variants: {
      'in another size': { size: { width: 1536, height: 1024 }, seed: 5 },
      'from two pictures': { pictures: [picture, picture] },
    },
  },
  failures: [],
})
