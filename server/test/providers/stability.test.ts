import { stability } from '../../src/providers/stability.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const said = (status: number, word: string, message: string, code: Failure['code'], more: Partial<Failure> = {}) => ({
  name: word,
  status,
  body: { id: '37fcd7bb4b9a4d3c8a5e', name: word, errors: [message] },
  code,
  told: message,
  ...more,
})

/** Source: Stability AI REST API reference (v2beta), read November 2026. */
const failures: Failure[] = [
  said(400, 'bad_request', 'prompt: is required', 'invalid_input'),
  said(401, 'unauthorized', 'authorization: invalid or missing header value', 'authentication'),
  said(402, 'payment_required', 'You lack sufficient credits.', 'billing'),
  said(403, 'content_moderation', 'Your request was flagged by our content moderation system.', 'content_policy'),
  said(403, 'permission_denied', 'You do not have permission.', 'permission'),
  said(413, 'payload_too_large', 'body: payload cannot be larger than 10MiB in size', 'invalid_input'),
  said(422, 'invalid_language', 'English is the only supported language.', 'invalid_input'),
  said(422, 'public_figure', 'Public figures are not drawn.', 'content_policy'),
  said(429, 'rate_limit_exceeded', 'You have exceeded the rate limit.', 'rate_limit', { retryAfterMs: 60_000 }),
  said(500, 'internal_error', 'An unexpected server error has occurred.', 'upstream_error'),
  {
    name: 'CONTENT_FILTERED, which comes as a blurred picture',
    body: 'bytes of a blurred picture',
    headers: { 'content-type': 'image/png', 'finish-reason': 'CONTENT_FILTERED' },
    code: 'content_policy',
    told: 'CONTENT_FILTERED',
  },
]

const picture = { base64: SQUARE, mediaType: 'image/png' }

describeProvider({
  name: 'Stability with Stable Image Core',
  adapter: stability,
  // The model chooses the endpoint; a name that is none is one of SD 3's.
  unknownModel: { image: 'invalid_input' },
  image: {
    model: 'core',
    bytes: true,
    variants: {
      'in another shape, format and style': {
        aspectRatio: '16:9',
        outputFormat: 'webp',
        style: 'comic-book',
        seed: 5,
        negativePrompt: 'rain',
      },
    },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  failures,
})

describeProvider({
  name: 'Stability with SD 3.5',
  adapter: stability,
  unknownModel: { image: 'invalid_input' },
  image: {
    model: 'sd3.5-large',
    bytes: true,
    variants: { 'from a picture': { pictures: [picture], strength: 0.6 }, 'with guidance': { guidanceScale: 5 } },
  },
  failures: [],
})

describeProvider({
  name: 'Stability with Stable Image Ultra',
  adapter: stability,
  unknownModel: { image: 'invalid_input' },
  image: {
    model: 'ultra',
    bytes: true,
    variants: { 'from a picture': { pictures: [picture], strength: 0.6, outputFormat: 'jpeg' } },
  },
  failures: [],
})
