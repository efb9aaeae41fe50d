import { z } from 'zod'
import type { Route } from '../route.ts'

export const readyz: Route = (app, { health }) => {
  app.route({
    method: 'GET',
    url: '/readyz',
    config: { role: 'public' },
    schema: {
      operationId: 'readyz',
      tags: ['Health'],
      summary: 'Whether new requests can be served',
      response: {
        200: z.object({ status: z.literal('ready') }),
        503: z.object({ status: z.literal('not ready'), reason: z.string().optional() }),
      },
    },
    handler: async (_request, reply) => {
      const { ready, reason } = health.ready()
      if (ready) return { status: 'ready' as const }
      return reply.code(503).send({ status: 'not ready' as const, reason })
    },
  })
}
