import { success, WebhookDeliveryDetail } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const testWebhookEndpoint: Route = (app, { webhooks }) => {
  app.route({
    method: 'POST',
    url: '/api/webhooks/endpoints/:id/test',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'testWebhookEndpoint',
      tags: ['Webhooks'],
      summary: 'Send a test to a webhook endpoint',
      description:
        'Sends an event of the type webhook.test, once, also where the endpoint is disabled, and answers what came of it. A delivery that fails is an answer too.',
      params: WebhookId,
      response: { 200: success(WebhookDeliveryDetail) },
    },
    handler: async (request) => ok(await webhooks.testEndpoint(webhookScope(request), request.params.id)),
  })
}
