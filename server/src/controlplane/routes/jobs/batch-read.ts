import { JobSet, success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const readBatch: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'GET',
    url: '/api/jobs/batch/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readBatch',
      tags: ['Jobs'],
      summary: 'Read a batch',
      params: z.object({ id: z.string() }),
      response: { 200: success(JobSet) },
    },
    handler: async (request) =>
      ok(await jobs.set(request.params.id, { principal: principalOf(request) }, originOf(request, publicUrl))),
  })
}
