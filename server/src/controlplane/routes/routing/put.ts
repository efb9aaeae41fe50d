import { type RoutingKind, success } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { KINDS, NameParams, recordOf } from './kinds.ts'

export const putRouting =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, one, Noun, Record, Configuration } = KINDS[kind]
    app.route({
      method: 'PUT',
      url: `${path}/:name`,
      config: { role: 'admin' },
      schema: {
        operationId: `put${Noun}`,
        tags: ['Routing'],
        summary: `Create or replace a ${one}`,
        description: `Makes a new revision of the database's record, which takes the place of those of other layers. Pools and roles are checked as a whole: a change that would leave one of them broken is refused.`,
        params: NameParams,
        body: Configuration,
        response: { 200: success(Record) },
      },
      handler: async (request) => {
        const { name } = request.params
        await registry.routing.put(kind, name, request.body, principalOf(request).keyId)
        return ok(recordOf(registry, kind, name) as never)
      },
    })
  }
