import type { Answer, Call, World } from '../types.ts'
import { ApiError } from './errors.ts'
import { type ModelTable, publicModel } from './models.ts'

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** `GET /models` */
export function listModels(_call: Call, world: World, models: ModelTable = world.models): Answer {
  return { ...AT_ONCE, body: () => ({ object: 'list', data: models.all().map(publicModel) }) }
}

/** `GET /models/{id}` */
export function retrieveModel(call: Call, world: World, models: ModelTable = world.models): Answer {
  const { id = '' } = call.params
  const model = models.find(id)
  if (!model) {
    throw new ApiError(404, {
      message: `The model '${id}' does not exist`,
      param: 'model',
      code: 'model_not_found',
    })
  }
  return { ...AT_ONCE, model: model.id, body: () => publicModel(model) }
}
