import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import { principalOf } from '../access.ts'
import { DEPLOYMENT_PATH } from '../deployment-path.ts'
import { ok, type Route } from '../route.ts'

/** The routes that drain and reset a deployment once more, for an id with slashes in it. */
export const changeDeployment: Route = (app, { deployments }) => {
  app.route({
    method: 'POST',
    url: DEPLOYMENT_PATH,
    config: { role: 'admin' },
    schema: { hide: true, params: z.object({ '*': z.string().min(1) }) },
    handler: async (request) => {
      const path = request.params['*']
      const end = path.lastIndexOf('/')
      const id = path.slice(0, end)
      if (end > 0 && path.endsWith('/drain')) return ok(await deployments.drain(id, principalOf(request).keyId))
      if (end > 0 && path.endsWith('/reset')) return ok(await deployments.reset(id))
      throw new TurnoutError(
        'not_found',
        `There is no ${request.url}; a deployment takes POST at its path with /drain or /reset at the end.`,
      )
    },
  })
}
