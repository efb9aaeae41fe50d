import { success, VirtualKey } from '@turnout/contract'
import { z } from 'zod'
import { ok, type Route } from '../route.ts'

export const revokeKey: Route = (app, { keys }) => {
  app.route({
    method: 'DELETE',
    url: '/api/keys/:id',
    config: { role: 'admin' },
    schema: {
      operationId: 'revokeKey',
      tags: ['Keys'],
      summary: 'Revoke a virtual key',
      description: 'Effective at once. A key may revoke itself.',
      params: z.object({ id: z.string().min(1) }),
      response: { 200: success(VirtualKey) },
    },
    handler: async (request) => ok(await keys.revoke(request.params.id)),
  })
}
