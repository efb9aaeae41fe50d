import { Job, success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const cancelJob: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'POST',
    url: '/api/jobs/:id/cancel',
    config: { role: 'user' },
    schema: {
      operationId: 'cancelJob',
      tags: ['Jobs'],
      summary: 'Cancel a job',
      description:
        'One that has not begun ends at once. For one that has, the provider is asked: what it has finished by then is kept, because it is paid for. One that is over stays as it is.',
      params: z.object({ id: z.string() }),
      response: { 200: success(Job) },
    },
    handler: async (request) => {
      const job = await jobs.cancel(request.params.id, { principal: principalOf(request) })
      return ok(await jobs.show(job, originOf(request, publicUrl)))
    },
  })
}
