import { page, UsageTotal } from '@turnout/contract'
import { z } from 'zod'
import { GROUPINGS } from '../../ledger/types.ts'
import { principalOf } from '../access.ts'
import { AttemptQuery, visibleTo } from '../attempt-query.ts'
import type { Route } from '../route.ts'

const TotalsQuery = AttemptQuery.extend({
  by: z.enum(GROUPINGS).optional().describe('One line for each of these; absent: one line for all.'),
})

export const readTotals: Route = (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/api/usage/totals',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readTotals',
      tags: ['Usage'],
      summary: 'Add the usage up',
      description: 'By day (UTC), model, provider, key or user. Keys without the role admin see their own usage only.',
      querystring: TotalsQuery,
      response: { 200: page(UsageTotal) },
    },
    handler: async (request) => {
      const { by, ...filter } = request.query
      const totals = await ledger.totals(visibleTo(principalOf(request), filter), by)
      return { success: true as const, data: totals, nextCursor: null }
    },
  })
}
