import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ControlPlaneServices } from './services.ts'

/** The headers that every answer carries, failures included. */
export function setCommonHeaders(
  request: Pick<FastifyRequest, 'id'>,
  reply: FastifyReply,
  { emulated }: Pick<ControlPlaneServices, 'emulated'>,
): void {
  reply.header('x-turnout-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cache-control', 'no-store')
  if (emulated) reply.header('x-turnout-emulated', 'true')
}
