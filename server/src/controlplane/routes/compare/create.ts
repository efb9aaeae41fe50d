import { Compare, Comparison, success } from '@turnout/contract'
import { idempotencyKeyOf } from '../../../gateway/jobs/idempotency-key.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import { ok, type Route } from '../../route.ts'

export const createComparison: Route = (app, { comparisons, publicUrl }) => {
  app.route({
    method: 'POST',
    url: '/api/compare',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'createComparison',
      tags: ['Comparisons'],
      summary: 'Ask many models the same',
      description:
        'Answers at once: each model has a job of its own, settled by itself. `leftOut` lists the models that cannot serve it, with the reason.',
      body: Compare,
      response: { 202: success(Comparison) },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request, reply)
      const id = await comparisons.create(request.body, idempotencyKeyOf(request), caller)
      return reply.code(202).send(ok(await comparisons.read(id, caller, originOf(request, publicUrl))))
    },
  })
}
