import { huggingface } from '../../src/providers/huggingface.ts'
import type { Failure, Subject } from './subject.ts'
import { describeProvider } from './suite.ts'

const plain = (status: number, error: string, code: Failure['code'], more: Partial<Failure> = {}): Failure => ({
  name: error,
  status,
  body: { error },
  code,
  told: error,
  ...more,
})

const LOADING = { error: 'Model a/b is currently loading', estimated_time: 20 }

/** Source: Hugging Face's documentation of Inference Providers, read November 2026. */
const failures: Failure[] = (['text', 'image'] as const).flatMap((to): Failure[] => [
  plain(400, "The requested model 'a/b' is not supported by any provider you have enabled.", 'model_not_enabled', {
    to,
  }),
  plain(401, 'Invalid username or password.', 'authentication', { to }),
  plain(402, 'You have exceeded your monthly included credits for Inference Providers.', 'billing', { to }),
  plain(403, 'This method does not have sufficient permissions to call Inference Providers', 'permission', { to }),
  plain(404, 'Not Found', 'model_not_found', { to }),
  plain(422, 'Unprocessable entity', 'invalid_input', { to }),
  plain(429, 'Too Many Requests', 'rate_limit', { to }),
  plain(500, 'Internal Server Error', 'upstream_error', { to }),
  { name: LOADING.error, status: 503, body: LOADING, code: 'overloaded', retryAfterMs: 20_000, to },
  plain(504, 'Gateway Timeout', 'timeout', { to }),
  { name: 'a message', status: 429, body: { message: 'Slow down.' }, code: 'rate_limit', told: 'Slow down.', to },
  { name: 'a detail', status: 400, body: { detail: 'Too wide.' }, code: 'invalid_input', told: 'Too wide.', to },
  {
    name: 'an error of a provider behind it',
    status: 429,
    body: { error: { message: 'Rate limit reached', type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
    code: 'rate_limit',
    told: 'Rate limit reached',
    to,
  },
])

/** The Hub, which says who serves a model, is asked once. */
const withHub = (model: string, kind: 'image' | 'video') =>
  ({
    adapter: huggingface,
    path: '/v1',
    connection: (emulator) => ({ settings: { hubUrl: emulator.baseUrl('huggingface') } }),
    prepare: (connection) => huggingface[kind]!.start({ prompt: 'A tram', count: 1, model }, connection),
    unlisted: true,
    unknownModel: { image: 'any', video: 'any' },
  }) satisfies Partial<Subject>

describeProvider({
  name: 'Hugging Face',
  adapter: huggingface,
  path: '/v1',
  elsewhere: ['video'],
  unknownModel: { text: 'model_not_enabled', image: 'any' },
  text: { model: 'openai/gpt-oss-120b', streamError: 'upstream_error' },
  image: {
    model: 'black-forest-labs/FLUX.1-schnell:hf-inference',
    bytes: true,
    // How its own machines say that they withhold a picture is not known: UNVERIFIED.
    unmoderated: true,
    variants: { 'in another size': { size: { width: 1280, height: 720 }, seed: 5, steps: 4, negativePrompt: 'rain' } },
    unsupported: [{ call: { style: 'cubist' }, warning: /style/ }],
  },
  failures,
})

describeProvider({
  ...withHub('Wan-AI/Wan2.2-T2V-A14B', 'video'),
  name: 'Hugging Face by fal',
  elsewhere: ['text'],
  image: { model: 'black-forest-labs/FLUX.1-dev:fal-ai', polled: true },
  video: { model: 'Wan-AI/Wan2.2-T2V-A14B', call: { seconds: 5 }, polled: true },
  failures: [],
})

describeProvider({
  ...withHub('black-forest-labs/FLUX.1-dev:together', 'image'),
  name: 'Hugging Face by Together',
  elsewhere: ['text', 'video'],
  image: {
    model: 'black-forest-labs/FLUX.1-dev:together',
    variants: { 'in another size': { size: { width: 1280, height: 720 } } },
  },
  failures: [],
})
