import { Artifact, success } from '@turnout/contract'
import { z } from 'zod'
import { requireArtifact, viewOf } from '../../artifact-view.ts'
import { ok, type Route } from '../../route.ts'

export const readFile: Route = (app, services) => {
  app.route({
    method: 'GET',
    url: '/api/files/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readFile',
      tags: ['Artifacts'],
      summary: 'Read an upload',
      params: z.object({ id: z.string().min(1) }),
      response: { 200: success(Artifact) },
    },
    handler: async (request) =>
      ok(viewOf(await requireArtifact(services.artifacts, request, 'upload'), request, services)),
  })
}
