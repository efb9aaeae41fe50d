import { Job, RetryJob, success } from '@turnout/contract'
import { z } from 'zod'
import { idempotencyKeyOf } from '../../../gateway/jobs/idempotency-key.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const retryJob: Route = (app, { jobs, publicUrl }) => {
  app.route({
    method: 'POST',
    url: '/api/jobs/:id/retry',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'retryJob',
      tags: ['Jobs'],
      summary: 'Try a failed job once more',
      description:
        'Makes a new job of the same request. One whose outcome is unknown may have been billed already: trying it again takes `confirm: true`.',
      params: z.object({ id: z.string() }),
      body: RetryJob.nullish(),
      response: { 202: success(Job) },
    },
    handler: async (request, reply) => {
      const confirmed = request.body?.confirm === true
      const job = await jobs.retry(request.params.id, confirmed, idempotencyKeyOf(request), callerOf(request, reply))
      return reply.code(202).send(ok(await jobs.show(job, originOf(request, publicUrl))))
    },
  })
}
