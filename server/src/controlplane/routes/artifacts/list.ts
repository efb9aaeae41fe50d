import { Artifact, page } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ArtifactQuery, ownOnly } from '../../artifact-query.ts'
import { viewOf } from '../../artifact-view.ts'
import type { Route } from '../../route.ts'

export const listArtifacts: Route = (app, services) => {
  app.route({
    method: 'GET',
    url: '/api/artifacts',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listArtifacts',
      tags: ['Artifacts'],
      summary: 'List the artifacts',
      description: 'Outputs and uploads, newest first. Keys without the role admin see their own only.',
      querystring: ArtifactQuery,
      response: { 200: page(Artifact) },
    },
    handler: async (request) => {
      const { cursor, limit, ...filter } = request.query
      const found = await services.artifacts.list(ownOnly(principalOf(request), filter), { cursor, limit })
      const data = found.items.map((artifact) => viewOf(artifact, request, services))
      return { success: true as const, data, nextCursor: found.nextCursor }
    },
  })
}
