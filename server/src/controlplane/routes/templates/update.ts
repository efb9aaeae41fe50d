import { success, Template, TemplateConfiguration } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const updateTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'PUT',
    url: '/api/templates/:id',
    config: { role: 'admin' },
    schema: {
      operationId: 'updateTemplate',
      tags: ['Templates'],
      summary: 'Replace a template',
      description: 'Makes a new version; the earlier ones stay and can be run by their numbers.',
      params: IdParams,
      body: TemplateConfiguration,
      response: { 200: success(Template) },
    },
    handler: async (request) => ok(await templates.update(request.params.id, request.body, principalOf(request).keyId)),
  })
}
