import { z } from 'zod'
import type { Route } from '../route.ts'

export const livez: Route = (app) => {
  app.route({
    method: 'GET',
    url: '/livez',
    config: { role: 'public' },
    schema: {
      operationId: 'livez',
      tags: ['Health'],
      summary: 'Whether the process is alive',
      response: { 200: z.object({ status: z.literal('ok') }) },
    },
    handler: async () => ({ status: 'ok' as const }),
  })
}
