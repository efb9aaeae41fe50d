import { DeploymentHealth, success } from '@turnout/contract'
import { principalOf } from '../access.ts'
import { DeploymentId } from '../deployment-path.ts'
import { ok, type Route } from '../route.ts'

export const drainDeployment: Route = (app, { deployments }) => {
  app.route({
    method: 'POST',
    url: '/api/deployments/:id/drain',
    config: { role: 'admin' },
    schema: {
      operationId: 'drainDeployment',
      tags: ['Routing'],
      summary: 'Take a deployment out',
      description:
        'No pool or role chooses it from now on, in any process and after a restart too, until it is reset. What is running ends as usual, and requests that name its model still reach it.',
      params: DeploymentId,
      response: { 200: success(DeploymentHealth) },
    },
    handler: async (request) => ok(await deployments.drain(request.params.id, principalOf(request).keyId)),
  })
}
