import { Job, success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const readJob: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'GET',
    url: '/api/jobs/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readJob',
      tags: ['Jobs'],
      summary: 'Read a job',
      params: z.object({ id: z.string() }),
      response: { 200: success(Job) },
    },
    handler: async (request) => {
      const job = await jobs.find(request.params.id, { principal: principalOf(request) })
      return ok(await jobs.show(job, originOf(request, publicUrl)))
    },
  })
}
