import type { Route } from '../double.ts'
import type { Answer, Call, Handler, World } from '../types.ts'
import { chat } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { listModels, retrieveModel } from './model-routes.ts'
import { type Known, ModelTable } from './models.ts'

type Shared = (call: Call, world: World, models: ModelTable) => Answer

/**
 * Models, chat and embeddings of a provider that speaks OpenAI's protocol: below
 * `prefix`, with models of its own and operations named `{provider}.chat` and so on.
 */
export function compatibleRoutes(provider: string, prefix: string, known: Known): Route[] {
  const served = (operation: Shared): Handler => {
    return (call, world) => operation(call, world, new ModelTable(world.moreModels, known))
  }
  const accepts = ['application/json']
  return [
    {
      method: 'GET',
      path: `${prefix}/models`,
      operation: `${provider}.models`,
      accepts: [],
      handler: served(listModels),
    },
    {
      method: 'GET',
      path: `${prefix}/models/{id+}`,
      operation: `${provider}.model`,
      accepts: [],
      handler: served(retrieveModel),
    },
    {
      method: 'POST',
      path: `${prefix}/chat/completions`,
      operation: `${provider}.chat`,
      accepts,
      handler: served(chat),
    },
    {
      method: 'POST',
      path: `${prefix}/embeddings`,
      operation: `${provider}.embeddings`,
      accepts,
      handler: served(embeddings),
    },
  ]
}
