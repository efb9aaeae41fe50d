import { type RoutingKind, success } from '@turnout/contract'
import { ok, type Route } from '../../route.ts'
import { KINDS, NameParams, recordOf } from './kinds.ts'

export const readRouting =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, one, Noun, Record } = KINDS[kind]
    app.route({
      method: 'GET',
      url: `${path}/:name`,
      config: { role: 'viewer' },
      schema: {
        operationId: `get${Noun}`,
        tags: ['Routing'],
        summary: `Read a ${one}`,
        params: NameParams,
        response: { 200: success(Record) },
      },
      handler: async (request) => ok(recordOf(registry, kind, request.params.name) as never),
    })
  }
