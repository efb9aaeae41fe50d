import { page, TemplateVersion } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const listTemplateVersions: Route = (app, { templates }) => {
  app.route({
    method: 'GET',
    url: '/api/templates/:id/versions',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listTemplateVersions',
      tags: ['Templates'],
      summary: 'List the versions of a template',
      description: 'Who changed it when, the latest first, the last thousand of them.',
      params: IdParams,
      response: { 200: page(TemplateVersion) },
    },
    handler: async (request) => ({
      success: true as const,
      data: await templates.versions(request.params.id),
      nextCursor: null,
    }),
  })
}
