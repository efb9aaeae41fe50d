import { CreatedKey, CreateKey, success } from '@turnout/contract'
import { ok, type Route } from '../route.ts'

export const createKey: Route = (app, { keys }) => {
  app.route({
    method: 'POST',
    url: '/api/keys',
    config: { role: 'admin' },
    schema: {
      operationId: 'createKey',
      tags: ['Keys'],
      summary: 'Issue a virtual key',
      description: 'The answer shows the secret once; it is stored as a hash.',
      body: CreateKey,
      response: { 201: success(CreatedKey) },
    },
    handler: async (request, reply) => reply.code(201).send(ok(await keys.create(request.body))),
  })
}
