import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Scope } from '../../../jobs/webhooks/types.ts'
import { principalOf } from '../../access.ts'

export const WebhookId = z.object({ id: z.string().min(1) })

export const WebhookPage = z.strictObject({
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** What of the webhooks a caller sees: an admin all, everybody else what belongs to the own key. */
export function webhookScope(request: FastifyRequest): Scope {
  const { role, keyId } = principalOf(request)
  return { keyId: role === 'admin' ? undefined : keyId }
}
