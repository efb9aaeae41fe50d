import { ImportedModel, ImportModel, ImportQuery, success } from '@turnout/contract'
import { ok, type Route } from '../route.ts'

export const importModel: Route = (app, services) => {
  app.route({
    method: 'POST',
    url: '/api/models/import',
    config: { role: 'admin' },
    schema: {
      operationId: 'importModel',
      tags: ['Models'],
      summary: 'Add a model from what its provider publishes of it',
      description:
        "Reads an endpoint's OpenAPI description: its inputs, what it makes, and what it calls the settings that all models have in common. With `dryRun=true` nothing is kept.",
      querystring: ImportQuery,
      body: ImportModel,
      response: { 200: success(ImportedModel), 201: success(ImportedModel) },
    },
    handler: async (request, reply) => {
      const { dryRun } = request.query
      const imported = await services.importModel(request.body, dryRun)
      if (imported.model) reply.header('location', `/api/models/${encodeURIComponent(imported.model.id)}`)
      return reply.code(dryRun ? 200 : 201).send(ok(imported))
    },
  })
}
