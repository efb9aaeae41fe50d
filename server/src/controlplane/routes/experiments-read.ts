import { ExperimentReport, RouteName, success } from '@turnout/contract'
import { z } from 'zod'
import { AttemptPeriod } from '../attempt-query.ts'
import { ok, type Route } from '../route.ts'

export const readExperiment: Route = (app, { experiments }) => {
  app.route({
    method: 'GET',
    url: '/api/experiments/:name',
    config: { role: 'admin' },
    schema: {
      operationId: 'getExperiment',
      tags: ['Routing'],
      summary: 'Read what came of the variants of an experiment',
      params: z.object({ name: RouteName }),
      querystring: AttemptPeriod,
      response: { 200: success(ExperimentReport) },
    },
    handler: async (request) => ok(await experiments.read(request.params.name, request.query)),
  })
}
