import { Rollback, type RoutingKind, success } from '@turnout/contract'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { KINDS, NameParams, recordsOf } from './kinds.ts'

export const rollbackRouting =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, one, Noun, Record } = KINDS[kind]
    app.route({
      method: 'POST',
      url: `${path}/:name/rollback`,
      config: { role: 'admin' },
      schema: {
        operationId: `rollback${Noun}`,
        tags: ['Routing'],
        summary: `Make an earlier revision of a ${one} hold again`,
        description:
          'Nothing is undone: the earlier record becomes a new revision. The answer is null where that revision was a deletion.',
        params: NameParams,
        body: Rollback,
        response: { 200: success(Record.nullable()) },
      },
      handler: async (request) => {
        const { name } = request.params
        await registry.routing.rollback(kind, name, request.body.revision, principalOf(request).keyId)
        const record = recordsOf(registry, kind).find((each) => each.name === name) ?? null
        return ok(record as never)
      },
    })
  }
