import { success, UpdateWebhookEndpoint, WebhookEndpoint } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const updateWebhookEndpoint: Route = (app, { webhooks }) => {
  app.route({
    method: 'PATCH',
    url: '/api/webhooks/endpoints/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'updateWebhookEndpoint',
      tags: ['Webhooks'],
      summary: 'Change a webhook endpoint',
      description: 'What is absent stays as it is. Deliveries that are pending when it is disabled are given up.',
      params: WebhookId,
      body: UpdateWebhookEndpoint,
      response: { 200: success(WebhookEndpoint) },
    },
    handler: async (request) =>
      ok(await webhooks.updateEndpoint(webhookScope(request), request.params.id, request.body)),
  })
}
