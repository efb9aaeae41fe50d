import { ModelSchema, success } from '@turnout/contract'
import { z } from 'zod'
import { modelSchema } from '../model-schema.ts'
import { ok, type Route } from '../route.ts'

export const readModelSchema: Route = (app, { registry }) => {
  app.route({
    method: 'GET',
    url: '/api/models/:id/schema',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readModelSchema',
      tags: ['Models'],
      summary: 'Read what an image or video model takes, as JSON Schema',
      description: 'All of it: what every model takes, what this one takes beside, what is required, and an example.',
      params: z.object({ id: z.string().min(1).describe('Slashes in it may be encoded or not.') }),
      response: { 200: success(ModelSchema) },
    },
    handler: async (request) => ok(modelSchema(request.params.id, registry.snapshot)),
  })
}
