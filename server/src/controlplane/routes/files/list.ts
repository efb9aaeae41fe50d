import { Artifact, page } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { FileQuery, ownOnly } from '../../artifact-query.ts'
import { viewOf } from '../../artifact-view.ts'
import type { Route } from '../../route.ts'

export const listFiles: Route = (app, services) => {
  app.route({
    method: 'GET',
    url: '/api/files',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listFiles',
      tags: ['Artifacts'],
      summary: 'List the uploads',
      description: 'Newest first. Keys without the role admin see their own only.',
      querystring: FileQuery,
      response: { 200: page(Artifact) },
    },
    handler: async (request) => {
      const { cursor, limit, ...filter } = request.query
      const own = ownOnly(principalOf(request), { ...filter, kind: 'upload' })
      const found = await services.artifacts.list(own, { cursor, limit })
      const data = found.items.map((artifact) => viewOf(artifact, request, services))
      return { success: true as const, data, nextCursor: found.nextCursor }
    },
  })
}
