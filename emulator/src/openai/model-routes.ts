import type { Answer, Call, World } from '../types.ts'
import { ApiError } from './errors.ts'
import { publicModel } from './models.ts'

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** `GET /models` */
export function listModels(_call: Call, world: World): Answer {
  return { ...AT_ONCE, body: () => ({ object: 'list', data: world.models.all().map(publicModel) }) }
}

/** `GET /models/{id}` */
export function retrieveModel(call: Call, world: World): Answer {
  const model = world.models.find(call.id)
  if (!model) {
    throw new ApiError(404, {
      message: `The model '${call.id}' does not exist`,
      param: 'model',
      code: 'model_not_found',
    })
  }
  return { ...AT_ONCE, model: model.id, body: () => publicModel(model) }
}
