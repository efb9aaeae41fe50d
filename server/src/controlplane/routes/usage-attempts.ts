import { Attempt, page } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { AttemptQuery, visibleTo } from '../attempt-query.ts'
import type { Route } from '../route.ts'

const AttemptPageQuery = AttemptQuery.extend({
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const listAttempts: Route = (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/api/usage',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listAttempts',
      tags: ['Usage'],
      summary: 'List the attempts',
      description: 'Newest first. Keys without the role admin see their own attempts only.',
      querystring: AttemptPageQuery,
      response: { 200: page(Attempt) },
    },
    handler: async (request) => {
      const { cursor, limit, ...filter } = request.query
      const { items, nextCursor } = await ledger.attempts(visibleTo(principalOf(request), filter), {
        limit,
        ...(cursor !== undefined && { cursor }),
      })
      return { success: true as const, data: items, nextCursor }
    },
  })
}
