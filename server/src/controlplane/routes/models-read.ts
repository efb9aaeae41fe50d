import { Model, success } from '@turnout/contract'
import { MODEL_PATH, ModelPath } from '../model-path.ts'
import { modelSchema, schemaPath } from '../model-schema.ts'
import { ok, type Route } from '../route.ts'

export const readModel: Route = (app, { registry }) => {
  app.route({
    method: 'GET',
    url: MODEL_PATH,
    config: { role: 'viewer' },
    schema: {
      operationId: 'readModel',
      tags: ['Models'],
      summary: 'Read one model',
      description: 'By its id, an alias or `provider/id`, in whatever state it is.',
      params: ModelPath,
      response: { 200: success(Model) },
    },
    handler: async (request, reply) => {
      const { snapshot } = registry
      const name = request.params['*']
      const ofSchema = schemaPath(name, snapshot)
      if (ofSchema !== undefined) {
        const schema = JSON.stringify(ok(modelSchema(ofSchema, snapshot)))
        return reply
          .type('application/json; charset=utf-8')
          .serializer(String)
          .send(schema as never)
      }
      // To resolve an unknown name throws the error that tells the nearest ones.
      return ok(snapshot.find(name) ?? snapshot.resolve(name).deployment.model)
    },
  })
}
