import { page, type RoutingKind } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { KINDS, NameParams } from './kinds.ts'

export const listRevisions =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, one, Noun, Revision } = KINDS[kind]
    app.route({
      method: 'GET',
      url: `${path}/:name/revisions`,
      config: { role: 'viewer' },
      schema: {
        operationId: `list${Noun}Revisions`,
        tags: ['Routing'],
        summary: `List the revisions of a ${one}`,
        description: 'Who changed what, the latest first.',
        params: NameParams,
        response: { 200: page(Revision) },
      },
      handler: async (request) => ({
        success: true as const,
        data: (await registry.routing.revisions(kind, request.params.name)) as never[],
        nextCursor: null,
      }),
    })
  }
