import { CreatedWebhookEndpoint, CreateWebhookEndpoint, success } from '@turnout/contract'
import type { Principal } from '../../../access/types.ts'
import { TurnoutError } from '../../../core/error.ts'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'

export const createWebhookEndpoint: Route = (app, { webhooks }) => {
  app.route({
    method: 'POST',
    url: '/api/webhooks/endpoints',
    config: { role: 'user', limited: true },
    schema: {
      operationId: 'createWebhookEndpoint',
      tags: ['Webhooks'],
      summary: 'Add a webhook endpoint',
      description:
        'The answer shows the secret once. Keys without the role admin hear of their own jobs; a key with it hears of those of all keys, unless it names one.',
      body: CreateWebhookEndpoint,
      response: { 201: success(CreatedWebhookEndpoint) },
    },
    handler: async (request, reply) => {
      const { keyId, ...input } = request.body
      const created = await webhooks.createEndpoint(listenTo(principalOf(request), keyId ?? null), input)
      return reply.code(201).send(ok(created))
    },
  })
}

/** Whose jobs the endpoint is to hear of. @throws TurnoutError permission */
function listenTo(principal: Principal, keyId: string | null): string | null {
  if (principal.role === 'admin') return keyId
  if (keyId === null || keyId === principal.keyId) return principal.keyId
  throw new TurnoutError('permission', 'Only a key with the role admin may hear of the jobs of other keys.', {
    param: 'keyId',
  })
}
