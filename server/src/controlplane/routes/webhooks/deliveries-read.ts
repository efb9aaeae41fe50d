import { success, WebhookDeliveryDetail } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const readWebhookDelivery: Route = (app, { webhooks }) => {
  app.route({
    method: 'GET',
    url: '/api/webhooks/deliveries/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'readWebhookDelivery',
      tags: ['Webhooks'],
      summary: 'Read a delivery of a webhook',
      description: 'With its message and every attempt.',
      params: WebhookId,
      response: { 200: success(WebhookDeliveryDetail) },
    },
    handler: async (request) => ok(await webhooks.readDelivery(webhookScope(request), request.params.id)),
  })
}
