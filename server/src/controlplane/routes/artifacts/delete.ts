import { Artifact, success } from '@turnout/contract'
import { z } from 'zod'
import { requireArtifact, viewOf } from '../../artifact-view.ts'
import { ok, type Route } from '../../route.ts'

export const deleteArtifact: Route = (app, services) => {
  app.route({
    method: 'DELETE',
    url: '/api/artifacts/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'deleteArtifact',
      tags: ['Artifacts'],
      summary: 'Delete an artifact',
      description: 'Its bytes, its thumbnail and its sidecar are deleted. Links to it end at once.',
      params: z.object({ id: z.string().min(1) }),
      response: { 200: success(Artifact) },
    },
    handler: async (request) => {
      const artifact = await requireArtifact(services.artifacts, request)
      await services.artifacts.delete(artifact.id)
      return ok(viewOf(artifact, request, services))
    },
  })
}
