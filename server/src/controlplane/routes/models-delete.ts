import { Model, success } from '@turnout/contract'
import { z } from 'zod'
import { MODEL_PATH, ModelPath } from '../model-path.ts'
import { ok, type Route } from '../route.ts'

const Deleted = z.object({
  deleted: z.literal(true),
  revealed: Model.nullable().describe('The model as the other layers have it, where they do.'),
})

export const deleteModel: Route = (app, { registry }) => {
  app.route({
    method: 'DELETE',
    url: MODEL_PATH,
    config: { role: 'admin' },
    schema: {
      operationId: 'deleteModel',
      tags: ['Models'],
      summary: "Delete a model's record in the database",
      params: ModelPath,
      response: { 200: success(Deleted) },
    },
    handler: async (request) => {
      const revealed = await registry.deleteModel(request.params['*'])
      return ok({ deleted: true as const, revealed: revealed ?? null })
    },
  })
}
