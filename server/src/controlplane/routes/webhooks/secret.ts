import { success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'

const KeySecret = z.object({ secret: z.string().describe('whsec_ and base64, as Standard Webhooks has it.') })

export const readWebhookSecret: Route = (app, { webhooks }) => {
  app.route({
    method: 'GET',
    url: '/api/webhooks/secret',
    config: { role: 'user' },
    schema: {
      operationId: 'readWebhookSecret',
      tags: ['Webhooks'],
      summary: 'Read the webhook secret of the calling key',
      description: 'It signs what is sent to a URL that a request names without a secret. A key has one for ever.',
      response: { 200: success(KeySecret) },
    },
    handler: async (request) => ok({ secret: webhooks.keySecret(principalOf(request).keyId) }),
  })
}
