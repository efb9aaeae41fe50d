import { DeploymentHealth, success } from '@turnout/contract'
import { z } from 'zod'
import { ok, type Route } from '../route.ts'

export const listDeployments: Route = (app, { deployments }) => {
  app.route({
    method: 'GET',
    url: '/api/deployments',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listDeployments',
      tags: ['Routing'],
      summary: 'List the deployments and how they are',
      description:
        'Every deployment that can be called, how fast it was of late, whether it is drained, or set aside after failures and until when, and how many attempts are running. What is drained or set aside is known to all processes within a moment; the rest is what the process that answers has seen.',
      response: { 200: success(z.array(DeploymentHealth)) },
    },
    handler: async () => ok(deployments.list()),
  })
}
