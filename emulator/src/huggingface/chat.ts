import type { Route } from '../double.ts'
import { AT_ONCE } from '../media/answers.ts'
import { compatibleRoutes } from '../openai/compatible.ts'
import { inDialect } from '../openai/dialect.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { notSupported, reword } from './errors.ts'
import { CHAT, CHAT_IDS, mappingOf, POLICIES } from './models.ts'

/** Takes the route off a model's name: `{model}:fastest`, `{model}:groq`. */
function withoutRoute(body: JsonObject): JsonObject {
  const { model } = body
  if (typeof model !== 'string' || !model.includes(':')) return body
  const [id = '', route = ''] = model.split(':', 2)
  const mapping = mappingOf(id)
  if (POLICIES.includes(route) || (mapping && Object.hasOwn(mapping, route))) return { ...body, model: id }
  throw notSupported(model)
}

/** `GET /v1/models` of the router: who serves a model, at what price. */
function listModels(_call: Call, world: World): Answer {
  const data = [...CHAT_IDS, ...world.moreModels].map((id) => ({
    id,
    object: 'model',
    created: 1_767_225_600,
    owned_by: id.split('/')[0],
    providers: Object.keys(mappingOf(id) ?? { 'hf-inference': {} }).map((provider) => ({
      provider,
      status: 'live',
      context_length: 131_072,
      pricing: { input: 0.15, output: 0.6 },
      supports_tools: true,
      supports_structured_output: true,
    })),
  }))
  return { ...AT_ONCE, body: () => ({ object: 'list', data }) }
}

const routes = compatibleRoutes('huggingface', '/v1', CHAT).filter(({ operation }) => operation === 'huggingface.chat')

export const CHAT_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/models', operation: 'huggingface.models', accepts: [], handler: listModels },
  ...inDialect(routes, {
    reword,
    prepare: withoutRoute,
    errorEvent: (error = { message: 'The provider failed.', type: 'server_error' }) => ({
      part: 'end',
      data: { error },
    }),
  }),
]
