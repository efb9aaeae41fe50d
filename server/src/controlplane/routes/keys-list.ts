import { page, VirtualKey } from '@turnout/contract'
import { z } from 'zod'
import type { Route } from '../route.ts'

const KeyQuery = z.strictObject({
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const listKeys: Route = (app, { keys }) => {
  app.route({
    method: 'GET',
    url: '/api/keys',
    config: { role: 'admin' },
    schema: {
      operationId: 'listKeys',
      tags: ['Keys'],
      summary: 'List the virtual keys',
      querystring: KeyQuery,
      response: { 200: page(VirtualKey) },
    },
    handler: async (request) => {
      const { items, nextCursor } = await keys.list(request.query)
      return { success: true as const, data: items, nextCursor }
    },
  })
}
