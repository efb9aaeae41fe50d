import { z } from 'zod'
import type { Route } from '../route.ts'

export const metrics: Route = (app, services) => {
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { role: services.metrics.isPublic ? 'public' : 'viewer' },
    schema: {
      operationId: 'readMetrics',
      tags: ['Health'],
      summary: 'Read what is counted',
      description: 'As Prometheus reads it. TURNOUT_METRICS_PUBLIC opens it to everybody.',
      response: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } } },
    },
    handler: async (_request, reply) => {
      const page = await services.metrics.page()
      // What is text already needs no serializer, which would choose by the content type.
      return reply
        .type(services.metrics.contentType)
        .serializer((text: string) => text)
        .send(page)
    },
  })
}
