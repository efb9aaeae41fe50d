import { page, WebhookDelivery, WebhookDeliveryState, WebhookEventType } from '@turnout/contract'
import { z } from 'zod'
import type { Route } from '../../route.ts'
import { WebhookPage, webhookScope } from './scope.ts'

const DeliveryQuery = WebhookPage.extend({
  endpointId: z.string().min(1).optional(),
  eventId: z.string().min(1).optional(),
  subject: z.string().min(1).optional().describe('The id of a job.'),
  type: WebhookEventType.optional(),
  state: WebhookDeliveryState.optional(),
})

export const listWebhookDeliveries: Route = (app, { webhooks }) => {
  app.route({
    method: 'GET',
    url: '/api/webhooks/deliveries',
    config: { role: 'user' },
    schema: {
      operationId: 'listWebhookDeliveries',
      tags: ['Webhooks'],
      summary: 'List the deliveries of webhooks',
      description: 'Newest first, those of the last 30 days. Keys without the role admin see their own.',
      querystring: DeliveryQuery,
      response: { 200: page(WebhookDelivery) },
    },
    handler: async (request) => {
      const { cursor, limit, ...filter } = request.query
      const { items, nextCursor } = await webhooks.listDeliveries(webhookScope(request), filter, { cursor, limit })
      return { success: true as const, data: items, nextCursor }
    },
  })
}
