import { Provider, success } from '@turnout/contract'
import { z } from 'zod'
import { ok, type Route } from '../route.ts'

export const listProviders: Route = (app, { providers }) => {
  app.route({
    method: 'GET',
    url: '/api/providers',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listProviders',
      tags: ['Models'],
      summary: 'List the providers and how they are',
      description:
        'Every provider that Turnout knows, configured or not. Whether one can be reached is judged by the attempts that were made anyway, and by calls that cost nothing.',
      response: { 200: success(z.array(Provider)) },
    },
    handler: async () => ok(providers()),
  })
}
