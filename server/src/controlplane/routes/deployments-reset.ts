import { DeploymentHealth, success } from '@turnout/contract'
import { DeploymentId } from '../deployment-path.ts'
import { ok, type Route } from '../route.ts'

export const resetDeployment: Route = (app, { deployments }) => {
  app.route({
    method: 'POST',
    url: '/api/deployments/:id/reset',
    config: { role: 'admin' },
    schema: {
      operationId: 'resetDeployment',
      tags: ['Routing'],
      summary: 'Forget what happened to a deployment',
      description:
        'It is chosen again as if it were new: neither drained nor cooling down, and not measured yet. The same holds in every process.',
      params: DeploymentId,
      response: { 200: success(DeploymentHealth) },
    },
    handler: async (request) => ok(await deployments.reset(request.params.id)),
  })
}
