import { recraft } from '../../src/providers/recraft.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const said = (status: number, word: string, message: string, code: Failure['code']): Failure => ({
  name: word,
  status,
  body: { code: word, message },
  code,
  told: message,
})

/**
 * Source: Recraft's OpenAPI description of 2026-08-22, which names no errors;
 * these have been seen, and their codes are UNVERIFIED.
 */
const failures: Failure[] = [
  said(400, 'invalid_request_parameter', 'the size is not valid', 'invalid_input'),
  said(400, 'not_enough_credits', 'not enough credits', 'billing'),
  said(400, 'invalid_request_parameter', 'The prompt was rejected by content moderation.', 'content_policy'),
  said(402, 'not_enough_credits', 'not enough credits', 'billing'),
  said(422, 'invalid_request_parameter', 'the prompt is too long', 'invalid_input'),
  said(429, 'rate_limit_exceeded', 'too many requests', 'rate_limit'),
  said(500, 'internal_error', 'internal error', 'upstream_error'),
  { name: 'its gate', status: 401, body: 'request unauthorized', code: 'authentication', told: 'request unauthorized' },
  { name: 'its router', status: 404, body: '404 page not found', code: 'model_not_found', told: '404 page not found' },
  {
    name: 'the shape of OpenAI',
    status: 400,
    body: { error: { message: 'no such style', type: 'invalid_request_error' } },
    code: 'invalid_input',
    told: 'no such style',
  },
]

const picture = { base64: SQUARE, mediaType: 'image/png' }

describeProvider({
  name: 'Recraft',
  adapter: recraft,
  path: '/v1',
  unknownModel: { image: 'invalid_input' },
  image: {
    model: 'recraftv4_1',
    most: 3,
    providerCost: 35_000_000n,
    variants: {
      'in another size and format': { size: { width: 1280, height: 832 }, outputFormat: 'png', seed: 5 },
      'in another shape': { aspectRatio: '16:9' },
      'as base64': { inputs: { response_format: 'b64_json' } },
      'from a picture': { pictures: [picture], strength: 0.6 },
    },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  failures,
})

describeProvider({
  name: 'Recraft as drawings',
  adapter: recraft,
  path: '/v1',
  unknownModel: { image: 'invalid_input' },
  image: {
    model: 'recraftv3',
    call: { style: 'vector_illustration' },
    providerCost: 80_000_000n,
    variants: { 'in a finer style': { style: 'vector_illustration/line_art' } },
  },
  failures: [],
})
