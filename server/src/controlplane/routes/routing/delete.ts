import { type RoutingKind, success } from '@turnout/contract'
import { z } from 'zod'
import { principalOf } from '../../access.ts'
import { ok, type Route } from '../../route.ts'
import { KINDS, NameParams, recordsOf } from './kinds.ts'

export const deleteRouting =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, one, Noun, Record } = KINDS[kind]
    app.route({
      method: 'DELETE',
      url: `${path}/:name`,
      config: { role: 'admin' },
      schema: {
        operationId: `delete${Noun}`,
        tags: ['Routing'],
        summary: `Delete the database's record of a ${one}`,
        description: 'The answer is the record of another layer that it revealed, if there is one. The history stays.',
        params: NameParams,
        response: { 200: success(z.object({ revealed: Record.nullable() })) },
      },
      handler: async (request) => {
        const { name } = request.params
        await registry.routing.delete(kind, name, principalOf(request).keyId)
        const revealed = recordsOf(registry, kind).find((record) => record.name === name) ?? null
        return ok({ revealed: revealed as never })
      },
    })
  }
