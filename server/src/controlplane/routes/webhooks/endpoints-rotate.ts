import { CreatedWebhookEndpoint, success } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const rotateWebhookSecret: Route = (app, { webhooks }) => {
  app.route({
    method: 'POST',
    url: '/api/webhooks/endpoints/:id/rotate',
    config: { role: 'user' },
    schema: {
      operationId: 'rotateWebhookSecret',
      tags: ['Webhooks'],
      summary: 'Give a webhook endpoint a new secret',
      description:
        'The answer shows it once. For 24 hours deliveries are signed with the secret before as well, and with no older one.',
      params: WebhookId,
      response: { 200: success(CreatedWebhookEndpoint) },
    },
    handler: async (request) => ok(await webhooks.rotateSecret(webhookScope(request), request.params.id)),
  })
}
