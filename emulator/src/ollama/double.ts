import type { Accepted, Knock, ProviderDouble } from '../double.ts'
import { without } from '../http/alter.ts'
import { schemeCredential } from '../http/credentials.ts'
import { compatibleRoutes } from '../openai/compatible.ts'
import { described } from '../refusal.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { chat, ollamaError } from './chat.ts'
import { COMPATIBLE, ollamaModel, ollamaModels, shownModel, tagOf } from './models.ts'

/** A local server asks for no credential; one that is sent must be right. */
function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = schemeCredential(headers, 'Bearer')
  if (credential && credentials && !credentials.has(credential)) throw ollamaError(401, 'unauthorized')
}

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

const tags = (_call: Call, world: World): Answer => ({
  ...AT_ONCE,
  body: () => ({ models: ollamaModels(world).map(tagOf) }),
})

function show({ json }: Call, world: World): Answer {
  const model = ollamaModel(String(json?.model ?? json?.name ?? ''), world)
  return { ...AT_ONCE, model: model.id, body: () => shownModel(model) }
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'invalid request',
  401: 'unauthorized',
  403: 'forbidden',
  404: "model 'emulated' not found",
  429: 'too many requests',
  500: 'llama runner process has terminated',
  502: 'cloud model is unreachable',
  503: 'server busy, please try again. maximum pending requests exceeded',
}

const JSON_ONLY = ['application/json']

/** Source: Ollama, docs/openapi.yaml and docs/api/errors.mdx. */
export const ollama: ProviderDouble = {
  id: 'ollama',
  mount: '/ollama',
  routes: [
    ...compatibleRoutes('ollama', '/v1', COMPATIBLE),
    { method: 'GET', path: '/api/tags', operation: 'ollama.tags', accepts: [], handler: tags },
    { method: 'POST', path: '/api/show', operation: 'ollama.show', accepts: JSON_ONLY, handler: show },
    { method: 'POST', path: '/api/chat', operation: 'ollama.nativeChat', accepts: JSON_ONLY, handler: chat },
  ],
  authenticate,
  refuse: (fact) => ollamaError(described(fact).status, described(fact).message),
  statusError: (status) => (WORDS[status] === undefined ? undefined : ollamaError(status, WORDS[status])),
  errorEvent: (error = { message: 'an error was encountered while running the model' }) => ({
    part: 'end',
    data: { error: error.message ?? 'error' },
  }),
  headers: () => ({}),
  withoutUsage: (data) => without(without(data, 'prompt_eval_count'), 'eval_count') as JsonObject,
  withoutFinish: (data) => without(without(data, 'done_reason'), 'done') as JsonObject,
}
