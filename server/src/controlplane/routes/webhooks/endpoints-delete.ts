import { success } from '@turnout/contract'
import { z } from 'zod'
import { ok, type Route } from '../../route.ts'
import { WebhookId, webhookScope } from './scope.ts'

export const deleteWebhookEndpoint: Route = (app, { webhooks }) => {
  app.route({
    method: 'DELETE',
    url: '/api/webhooks/endpoints/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'deleteWebhookEndpoint',
      tags: ['Webhooks'],
      summary: 'Delete a webhook endpoint',
      description: 'Its pending deliveries are given up; the log of its deliveries stays.',
      params: WebhookId,
      response: { 200: success(z.object({ deleted: z.literal(true) })) },
    },
    handler: async (request) => {
      await webhooks.deleteEndpoint(webhookScope(request), request.params.id)
      return ok({ deleted: true as const })
    },
  })
}
