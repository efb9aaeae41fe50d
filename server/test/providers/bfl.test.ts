import { bfl } from '../../src/providers/bfl.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const task = (status: string, code: Failure['code'], details: unknown = null): Failure => ({
  name: `a task that is ${status}`,
  body: { id: 'task-1', status, result: null, details },
  code,
  told: status,
  polled: true,
})

/** Source: BFL's OpenAPI description of 2026-05-01 and docs.bfl.ai, read November 2026. */
const failures: Failure[] = [
  { name: 'a bad request', status: 400, body: { detail: 'Bad request' }, code: 'invalid_input' },
  { name: 'no credits', status: 402, body: { detail: 'Insufficient credits.' }, code: 'billing' },
  { name: 'a bad credential', status: 403, body: { detail: 'Not authenticated' }, code: 'authentication' },
  { name: 'an unknown model', status: 404, body: { detail: 'Not Found' }, code: 'model_not_found' },
  {
    name: 'fields at fault',
    status: 422,
    body: { detail: [{ loc: ['body', 'width'], msg: 'Input should be a multiple of 32', type: 'multiple_of' }] },
    code: 'invalid_input',
    told: 'width: Input should be a multiple of 32',
  },
  { name: 'too many tasks', status: 429, body: { detail: 'Too many active tasks.' }, code: 'rate_limit' },
  {
    name: 'too many tasks, with a pause',
    status: 429,
    body: { error: 'rate_limit', message: 'Slow down.', retry_after: 12 },
    code: 'rate_limit',
    retryAfterMs: 12_000,
    told: 'Slow down.',
  },
  { name: 'a failure', status: 500, body: { detail: 'Internal Server Error' }, code: 'upstream_error' },
  { name: 'no capacity', status: 503, body: { detail: 'Service is at capacity.' }, code: 'overloaded' },
  task('Request Moderated', 'content_policy', { 'Moderation Reasons': ['Safety Filter'] }),
  task('Content Moderated', 'content_policy', { 'Moderation Reasons': ['Safety Filter'] }),
  task('Error', 'upstream_error', { error: 'It failed.' }),
  task('Task not found', 'not_found'),
  {
    name: 'a task that nobody knows',
    status: 404,
    body: { id: 'task-1', status: 'Task not found' },
    code: 'not_found',
    polled: true,
  },
]

const leadsTo = (origin: string) => ({ id: 'task-1', polling_url: `${origin}/v1/get_result?id=task-1` })
const picture = { base64: SQUARE, mediaType: 'image/png' }

describeProvider({
  name: 'BFL',
  adapter: bfl,
  path: '/v1',
  image: {
    model: 'flux-2-pro',
    polled: true,
    providerCost: 30_000_000n,
    usage: { images: 1, megapixels: 1 },
    variants: {
      'in another size and format': { size: { width: 1280, height: 720 }, outputFormat: 'png', seed: 5 },
      'from two pictures': { pictures: [picture, picture] },
    },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
    leadsTo,
  },
  video: { model: 'flux-3-video', call: { seconds: 5, aspectRatio: '16:9' }, polled: true, leadsTo },
  failures,
})

describeProvider({
  name: 'BFL with its older models',
  adapter: bfl,
  path: '/v1',
  elsewhere: ['video'],
  image: {
    model: 'flux-pro-1.1-ultra',
    polled: true,
    providerCost: 60_000_000n,
    variants: { 'in another shape': { aspectRatio: '21:9' }, 'from a picture': { pictures: [picture], strength: 0.9 } },
  },
  failures: [],
})
