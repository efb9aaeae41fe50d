import { success, Template } from '@turnout/contract'
import { z } from 'zod'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const readTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'GET',
    url: '/api/templates/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readTemplate',
      tags: ['Templates'],
      summary: 'Read a template',
      params: IdParams,
      querystring: z.strictObject({ version: z.coerce.number().int().positive().optional() }),
      response: { 200: success(Template) },
    },
    handler: async (request) => ok(await templates.read(request.params.id, request.query.version)),
  })
}
