import { RollbackTemplate, success, Template } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { IdParams } from './parameters.ts'

export const rollbackTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'POST',
    url: '/api/templates/:id/rollback',
    config: { role: 'admin' },
    schema: {
      operationId: 'rollbackTemplate',
      tags: ['Templates'],
      summary: 'Make an earlier version of a template hold again',
      description: 'Nothing is undone: the earlier record becomes a new version.',
      params: IdParams,
      body: RollbackTemplate,
      response: { 200: success(Template) },
    },
    handler: async (request) =>
      ok(await templates.rollback(request.params.id, request.body.version, principalOf(request).keyId)),
  })
}
