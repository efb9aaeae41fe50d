import { Model, ModelFilter, page } from '@turnout/contract'
import type { Route } from '../route.ts'

export const listModels: Route = (app, { registry }) => {
  app.route({
    method: 'GET',
    url: '/api/models',
    config: { role: 'viewer' },
    schema: {
      operationId: 'listModels',
      tags: ['Models'],
      summary: 'List the models',
      description: 'All models that the filters let through, sorted by id.',
      querystring: ModelFilter,
      response: { 200: page(Model) },
    },
    handler: async (request) => {
      const { limit, cursor, ...filter } = request.query
      const rest = registry.snapshot.models.filter((model) => passes(model, filter)).filter(after(cursor))
      const data = rest.slice(0, limit)
      const last = data.at(-1)
      return {
        success: true as const,
        data,
        nextCursor: last && rest.length > limit ? Buffer.from(last.id).toString('base64url') : null,
      }
    },
  })
}

function passes(model: Model, filter: Omit<ModelFilter, 'limit' | 'cursor'>): boolean {
  if (filter.type !== undefined && !model.output.includes(filter.type)) return false
  if (filter.provider !== undefined && model.provider !== filter.provider) return false
  if (filter.enabled !== undefined && model.enabled !== filter.enabled) return false
  return filter.available === undefined || model.available === filter.available
}

/** Keeps the models that come after the page which the cursor ends, whether or not its last one still exists. */
function after(cursor: string | undefined): (model: Model) => boolean {
  if (cursor === undefined) return () => true
  const id = Buffer.from(cursor, 'base64url').toString()
  return (model) => model.id > id
}
