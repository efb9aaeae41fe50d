import { Artifact, success } from '@turnout/contract'
import { z } from 'zod'
import { requireArtifact, viewOf } from '../../artifact-view.ts'
import { ok, type Route } from '../../route.ts'

export const deleteFile: Route = (app, services) => {
  app.route({
    method: 'DELETE',
    url: '/api/files/:id',
    config: { role: 'user' },
    schema: {
      operationId: 'deleteFile',
      tags: ['Artifacts'],
      summary: 'Delete an upload',
      params: z.object({ id: z.string().min(1) }),
      response: { 200: success(Artifact) },
    },
    handler: async (request) => {
      const artifact = await requireArtifact(services.artifacts, request, 'upload')
      await services.artifacts.delete(artifact.id)
      return ok(viewOf(artifact, request, services))
    },
  })
}
