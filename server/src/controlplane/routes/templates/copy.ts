import { CopyTemplate, success, Template } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const copyTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'POST',
    url: '/api/templates/:id/copy',
    config: { role: 'admin' },
    schema: {
      operationId: 'copyTemplate',
      tags: ['Templates'],
      summary: 'Copy a template',
      description: 'Under an id of its own, where it can be changed: one built in cannot.',
      params: IdParams,
      body: CopyTemplate,
      response: { 201: success(Template) },
    },
    handler: async (request, reply) => {
      const template = await templates.copy(request.params.id, request.body, principalOf(request).keyId)
      return reply.code(201).header('location', `/api/templates/${template.id}`).send(ok(template))
    },
  })
}
