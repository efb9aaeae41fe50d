import type { Served } from '@turnout/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ControlPlaneServices } from './services.ts'

/** Tells of which variant an answer is, where its request takes part in an experiment. */
export function tellVariant<T extends Pick<Served, 'experiment' | 'variant'>>(reply: FastifyReply, served: T): T {
  const { experiment, variant } = served
  if (experiment !== undefined) reply.header('x-turnout-experiment', experiment)
  if (variant !== undefined) reply.header('x-turnout-variant', variant)
  return served
}

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
