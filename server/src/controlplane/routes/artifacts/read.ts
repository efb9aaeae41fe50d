import { Artifact, success } from '@turnout/contract'
import { z } from 'zod'
import { requireArtifact, viewOf } from '../../artifact-view.ts'
import { ok, type Route } from '../../route.ts'

export const readArtifact: Route = (app, services) => {
  app.route({
    method: 'GET',
    url: '/api/artifacts/:id',
    config: { role: 'viewer' },
    schema: {
      operationId: 'readArtifact',
      tags: ['Artifacts'],
      summary: 'Read an artifact',
      description: 'What is known of it and how it came about, with fresh links to its bytes.',
      params: z.object({ id: z.string().min(1) }),
      response: { 200: success(Artifact) },
    },
    handler: async (request) => ok(viewOf(await requireArtifact(services.artifacts, request), request, services)),
  })
}
