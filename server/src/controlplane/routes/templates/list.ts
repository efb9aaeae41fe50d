import { page, Template } from '@turnout/contract'
import { z } from 'zod'
import type { Route } from '../../route.ts'

export const listTemplates: Route = (app, { templates }) => {
  app.route({
    method: 'GET',
    url: '/api/templates',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listTemplates',
      tags: ['Templates'],
      summary: 'List the templates',
      description: 'Those built in and those that were made here, sorted by id.',
      querystring: z.strictObject({
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: z.string().min(1).optional(),
      }),
      response: { 200: page(Template) },
    },
    handler: async (request) => {
      const { items, nextCursor } = await templates.list(request.query)
      return { success: true as const, data: items, nextCursor }
    },
  })
}
