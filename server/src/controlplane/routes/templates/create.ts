import { CreateTemplate, success, Template } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'

export const createTemplate: Route = (app, { templates }) => {
  app.route({
    method: 'POST',
    url: '/api/templates',
    config: { role: 'admin' },
    schema: {
      operationId: 'createTemplate',
      tags: ['Templates'],
      summary: 'Add a template',
      description: 'It is checked as a whole: its Liquid, the variables that it names, their defaults.',
      body: CreateTemplate,
      response: { 201: success(Template) },
    },
    handler: async (request, reply) => {
      const template = await templates.create(request.body, principalOf(request).keyId)
      return reply.code(201).header('location', `/api/templates/${template.id}`).send(ok(template))
    },
  })
}
