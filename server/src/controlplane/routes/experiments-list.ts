import { ExperimentReport, page } from '@turnout/contract'
import { AttemptPeriod } from '../attempt-query.ts'
import type { Route } from '../route.ts'

export const listExperiments: Route = (app, { experiments }) => {
  app.route({
    method: 'GET',
    url: '/api/experiments',
    config: { role: 'admin' },
    schema: {
      operationId: 'listExperiments',
      tags: ['Routing'],
      summary: 'List the experiments and what came of their variants',
      description:
        'The experiments of pools, and those that are over and have left records, sorted by name. A request counts for the variant that it was given, whichever member answered.',
      querystring: AttemptPeriod,
      response: { 200: page(ExperimentReport) },
    },
    handler: async (request) => ({
      success: true as const,
      data: await experiments.list(request.query),
      nextCursor: null,
    }),
  })
}
