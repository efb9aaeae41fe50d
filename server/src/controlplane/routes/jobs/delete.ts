import { success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'

export const deleteJob: Route = (app, { jobs }) => {
  app.route({
    method: 'DELETE',
    url: '/api/jobs/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'deleteJob',
      tags: ['Jobs'],
      summary: 'Delete a job and what it made',
      description: 'The bytes of its outputs are deleted. What it cost stays in the usage.',
      params: z.object({ id: z.string() }),
      response: { 200: success(z.object({ id: z.string(), deleted: z.literal(true) })) },
    },
    handler: async (request) => {
      const { id } = request.params
      await jobs.remove(id, { principal: principalOf(request) })
      return ok({ id, deleted: true as const })
    },
  })
}
