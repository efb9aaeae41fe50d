import { CreateBatch, JobSet, success } from '@turnout/contract'
import { idempotencyKeyOf } from '../../../gateway/jobs/idempotency-key.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const createBatch: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'POST',
    url: '/api/jobs/batch',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'createBatch',
      tags: ['Jobs'],
      summary: 'Make many jobs at once',
      description: 'All are stored or none: what is wrong with any of them is told with its place.',
      body: CreateBatch,
      response: { 202: success(JobSet) },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request, reply)
      const id = await jobs.batch(request.body, idempotencyKeyOf(request), caller)
      return reply.code(202).send(ok(await jobs.set(id, caller, originOf(request, publicUrl))))
    },
  })
}
