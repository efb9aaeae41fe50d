import { Health, success } from '@turnout/contract'
import { ok, type Route } from '../route.ts'

export const readHealth: Route = (app, { health }) => {
  app.route({
    method: 'GET',
    url: '/api/health',
    config: { role: 'public' },
    schema: {
      operationId: 'readHealth',
      tags: ['Health'],
      summary: 'Read the health of Turnout and its providers',
      response: { 200: success(Health) },
    },
    handler: async () => ok(health.read()),
  })
}
