import { page, WebhookEndpoint } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { WebhookPage, webhookScope } from './scope.ts'

export const listWebhookEndpoints: Route = (app, { webhooks }) => {
  app.route({
    method: 'GET',
    url: '/api/webhooks/endpoints',
    config: { role: 'user' },
    schema: {
      operationId: 'listWebhookEndpoints',
      tags: ['Webhooks'],
      summary: 'List the webhook endpoints',
      description: 'Newest first. Keys without the role admin see their own.',
      querystring: WebhookPage,
      response: { 200: page(WebhookEndpoint) },
    },
    handler: async (request) => {
      const { items, nextCursor } = await webhooks.listEndpoints(webhookScope(request), request.query)
      return { success: true as const, data: items, nextCursor }
    },
  })
}
