import { success, WebhookEndpoint } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const readWebhookEndpoint: Route = (app, { webhooks }) => {
  app.route({
    method: 'GET',
    url: '/api/webhooks/endpoints/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'readWebhookEndpoint',
      tags: ['Webhooks'],
      summary: 'Read a webhook endpoint',
      params: WebhookId,
      response: { 200: success(WebhookEndpoint) },
    },
    handler: async (request) => ok(await webhooks.readEndpoint(webhookScope(request), request.params.id)),
  })
}
