import type { Model } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Snapshot } from '../registry/types.ts'
import type { Exchange } from './exchange.ts'

/** A model in OpenAI's shape, with what matters to choose one. */
const listed = (model: Model) => ({
  id: model.id,
  object: 'model',
  created: 0,
  owned_by: model.provider,
  name: model.name,
  input: model.input,
  output: model.output,
  context_window: model.limits.contextTokens ?? null,
})

const lists = new WeakMap<Snapshot, string>()

/** `GET /v1/models`: the models that a request can be made to now. */
export async function listModels(exchange: Exchange): Promise<void> {
  await exchange.authorize('viewer', false)
  const { snapshot } = exchange.plane.registry
  let list = lists.get(snapshot)
  if (list === undefined) {
    list = JSON.stringify({ object: 'list', data: snapshot.models.filter((model) => model.available).map(listed) })
    lists.set(snapshot, list)
  }
  exchange.json(list)
}

/** `GET /v1/models/{id}`; the id may hold slashes, encoded or not. */
export async function retrieveModel(exchange: Exchange, path: string): Promise<void> {
  await exchange.authorize('viewer', false)
  let id: string
  try {
    id = decodeURIComponent(path)
  } catch {
    throw new TurnoutError('invalid_input', 'The id of the model is not validly encoded.', { param: 'model' })
  }
  exchange.json(JSON.stringify(listed(exchange.plane.registry.snapshot.resolve(id).deployment.model)))
}
