import { ExplainRoute, RouteExplanation, success } from '@turnout/contract'
import { callerOf } from '../caller.ts'
import { ok, type Route } from '../route.ts'

export const explainRoute: Route = (app, { explainRoute: explain }) => {
  app.route({
    method: 'POST',
    url: '/api/route/explain',
    config: { role: 'user' },
    schema: {
      operationId: 'explainRoute',
      tags: ['Routing'],
      summary: 'Say where a request would go',
      description:
        'Takes a request as it would be sent to `/v1` and names the deployments in the order in which they would be asked, and for each of the others why not. Nobody is called, and no turn is taken.',
      body: ExplainRoute,
      response: { 200: success(RouteExplanation) },
    },
    handler: async (request, reply) => ok(explain(request.body, callerOf(request, reply))),
  })
}
