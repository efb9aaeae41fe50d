import { Comparison, success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const readComparison: Route = (app, { comparisons, publicUrl }) => {
  app.route({
    method: 'GET',
    url: '/api/compare/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readComparison',
      tags: ['Comparisons'],
      summary: 'Read a comparison',
      params: z.object({ id: z.string() }),
      response: { 200: success(Comparison) },
    },
    handler: async (request) => {
      const caller = { principal: principalOf(request) }
      return ok(await comparisons.read(request.params.id, caller, originOf(request, publicUrl)))
    },
  })
}
