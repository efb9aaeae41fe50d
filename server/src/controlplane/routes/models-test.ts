import { ModelTest, success, TestModel } from '@turnout/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import { callerOf } from '../caller.ts'
import { MODEL_PATH } from '../model-path.ts'
import { ok, type Route } from '../route.ts'

/** No body is the same as an empty one. */
const Body = TestModel.nullish()

/** An id may contain slashes that nobody has encoded: then the end of the path tells what is asked for. */
const SUFFIX = '/test'

export const testModel: Route = (app, services) => {
  const answer = async (name: string, request: FastifyRequest<{ Body: z.infer<typeof Body> }>, reply: FastifyReply) =>
    ok(await services.testModel(name, request.body ?? { confirm: false }, callerOf(request, reply)))

  app.route({
    method: 'POST',
    url: '/api/models/:id/test',
    config: { role: 'admin', limited: true },
    schema: {
      operationId: 'testModel',
      tags: ['Models'],
      summary: 'Test a model by its cheapest real call',
      description:
        'Without `confirm`, a call that costs money is not made: the answer says what it would cost. A call that fails is an answer too, with `ok: false` and the error.',
      params: z.object({ id: z.string().min(1).describe('Slashes in it may be encoded or not.') }),
      body: Body,
      response: { 200: success(ModelTest) },
    },
    handler: (request, reply) => answer(request.params.id, request, reply),
  })
  app.route({
    method: 'POST',
    url: MODEL_PATH,
    config: { role: 'admin', limited: true },
    schema: { hide: true, params: z.object({ '*': z.string().min(1) }), body: Body },
    handler: async (request, reply) => {
      const path = request.params['*']
      if (path.endsWith(SUFFIX)) return answer(path.slice(0, -SUFFIX.length), request, reply)
      reply.header('allow', 'DELETE, GET, HEAD, PUT')
      const message = `${request.url} does not take POST; a model is tested at its path with ${SUFFIX} at the end.`
      throw new TurnoutError('invalid_input', message, { status: 405 })
    },
  })
}
