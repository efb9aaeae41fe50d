import { Model, ModelPatch, success } from '@turnout/contract'
import { ok, type Route } from '../route.ts'

export const createModel: Route = (app, { registry }) => {
  app.route({
    method: 'POST',
    url: '/api/models',
    config: { role: 'admin' },
    schema: {
      operationId: 'createModel',
      tags: ['Models'],
      summary: 'Add a model, or override one of another layer',
      body: ModelPatch,
      response: { 201: success(Model) },
    },
    handler: async (request, reply) => {
      const model = await registry.createModel(request.body)
      reply.header('location', `/api/models/${encodeURIComponent(model.id)}`)
      return reply.code(201).send(ok(model))
    },
  })
}
