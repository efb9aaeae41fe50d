import { lmstudio } from '../../src/providers/lmstudio.ts'
import { ollama } from '../../src/providers/ollama.ts'
import { openAICompatible } from '../../src/providers/openai-compatible.ts'
import type { Failure } from './subject.ts'
import { describeProvider } from './suite.ts'

const BY_STATUS = {
  400: 'invalid_input',
  401: 'authentication',
  402: 'billing',
  403: 'permission',
  404: 'model_not_found',
  408: 'timeout',
  409: 'rate_limit',
  413: 'invalid_input',
  415: 'invalid_input',
  422: 'invalid_input',
  425: 'rate_limit',
  429: 'rate_limit',
  500: 'upstream_error',
  502: 'upstream_error',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
  530: 'overloaded',
} as const

/** What servers say in their different ways; where the body says nothing, the status speaks. */
const tolerant: Failure[] = [
  ...Object.entries(BY_STATUS).map(
    ([status, code]): Failure => ({ name: `status ${status}`, status: Number(status), body: '', code }),
  ),
  ...[
    { error: 'out of memory' },
    { error: { message: 'out of memory' } },
    { detail: 'out of memory' },
    { message: 'out of memory' },
  ].map(
    (body): Failure => ({
      name: JSON.stringify(body),
      status: 500,
      body,
      code: 'upstream_error',
      told: 'out of memory',
    }),
  ),
  { name: 'an error of status 200', body: { error: { message: 'No.', code: 429 } }, code: 'rate_limit', told: 'No.' },
  { name: 'an error of status 200 in plain words', body: { error: 'out of memory' }, code: 'upstream_error' },
]

const openAIStream = {
  streamError: 'upstream_error',
  inStream: [
    { name: 'an overload', error: { message: 'busy', code: 'server_is_overloaded' }, code: 'overloaded' },
    { name: 'a status', error: { message: 'slow down', code: 429 }, code: 'rate_limit' },
  ],
} as const

describeProvider({
  name: 'any server that speaks the dialect of OpenAI',
  adapter: openAICompatible,
  double: 'lmstudio',
  path: '/v1',
  names: 'nothing',
  elsewhere: ['image'],
  text: { model: 'qwen/qwen3-8b', ...openAIStream },
  failures: tolerant,
})

/** Source: LM Studio's REST API reference, read November 2026. */
describeProvider({
  name: 'LM Studio',
  adapter: lmstudio,
  path: '/v1',
  names: 'nothing',
  text: { model: 'google/gemma-3-12b', ...openAIStream },
  failures: [
    {
      name: 'model_not_found',
      status: 404,
      body: { error: { type: 'model_not_found', message: 'No model x.' } },
      code: 'model_not_found',
    },
    {
      name: 'model_not_found as a bad request',
      status: 400,
      body: { error: { type: 'invalid_request_error', message: 'No model x.', code: 'model_not_found' } },
      code: 'model_not_found',
    },
    {
      name: 'plain words',
      status: 400,
      body: { error: 'No models loaded.' },
      code: 'invalid_input',
      told: 'No models',
    },
    {
      name: 'internal_error',
      status: 500,
      body: { error: { type: 'internal_error', message: 'It crashed.' } },
      code: 'upstream_error',
    },
  ],
})

/** Source: Ollama's API reference, errors, read November 2026. */
describeProvider({
  name: 'Ollama',
  adapter: ollama,
  path: '/v1',
  names: 'nothing',
  elsewhere: ['image'],
  text: { model: 'qwen3:8b', streamError: 'upstream_error', without: ['no-usage'] },
  failures: (
    [
      [400, 'invalid_input'],
      [401, 'authentication'],
      [403, 'permission'],
      [404, 'model_not_found'],
      [429, 'rate_limit'],
      [500, 'upstream_error'],
      [502, 'upstream_error'],
    ] as const
  ).map(([status, code]) => ({ name: 'plain words', status, body: { error: 'model x' }, code, told: 'model x' })),
})
