import { success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const deleteTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'DELETE',
    url: '/api/templates/:id',
    config: { role: 'admin' },
    schema: {
      operationId: 'deleteTemplate',
      tags: ['Templates'],
      summary: 'Delete a template',
      description: 'Its versions stay, and a rollback brings it back.',
      params: IdParams,
      response: { 200: success(z.object({ id: z.string(), deleted: z.literal(true) })) },
    },
    handler: async (request) => {
      const { id } = request.params
      await templates.delete(id, principalOf(request).keyId)
      return ok({ id, deleted: true as const })
    },
  })
}
