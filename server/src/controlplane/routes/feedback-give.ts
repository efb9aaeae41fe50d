import { Feedback, GiveFeedback, success } from '@turnout/contract'
import { principalOf } from '../access.ts'
import { ok, type Route } from '../route.ts'

export const giveFeedback: Route = (app, { feedback }) => {
  app.route({
    method: 'POST',
    url: '/api/feedback',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'giveFeedback',
      tags: ['Usage'],
      summary: 'Say how good an answer was',
      description:
        'With the key that made the request, or that of an admin. What the same key has said of the same request before is replaced.',
      body: GiveFeedback,
      response: { 200: success(Feedback) },
    },
    handler: async (request) => ok(await feedback.give(request.body, principalOf(request))),
  })
}
