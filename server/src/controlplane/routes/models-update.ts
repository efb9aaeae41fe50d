import { Model, ModelPatch, success } from '@turnout/contract'
import { MODEL_PATH, ModelPath } from '../model-path.ts'
import { ok, type Route } from '../route.ts'

export const updateModel: Route = (app, { registry }) => {
  app.route({
    method: 'PUT',
    url: MODEL_PATH,
    config: { role: 'admin' },
    schema: {
      operationId: 'updateModel',
      tags: ['Models'],
      summary: "Replace a model's record in the database",
      description: 'Records of other layers stay as they are, and show through where this one is silent.',
      params: ModelPath,
      body: ModelPatch.omit({ id: true }),
      response: { 200: success(Model) },
    },
    handler: async (request) => ok(await registry.updateModel(request.params['*'], request.body)),
  })
}
