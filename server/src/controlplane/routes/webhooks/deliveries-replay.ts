import { success, WebhookDelivery } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const replayWebhookDelivery: Route = (app, { webhooks }) => {
  app.route({
    method: 'POST',
    url: '/api/webhooks/deliveries/:id/replay',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'replayWebhookDelivery',
      tags: ['Webhooks'],
      summary: 'Send a delivery of a webhook again',
      description: 'With the same webhook-id and body, at once, and with a day of retries; whatever its state is.',
      params: WebhookId,
      response: { 202: success(WebhookDelivery) },
    },
    handler: async (request, reply) =>
      reply.code(202).send(ok(await webhooks.replayDelivery(webhookScope(request), request.params.id))),
  })
}
