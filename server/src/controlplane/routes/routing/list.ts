import { page, type RoutingKind } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { KINDS, recordsOf } from './kinds.ts'

export const listRouting =
  (kind: RoutingKind): Route =>
  (app, { registry }) => {
    const { path, many, Noun, Record } = KINDS[kind]
    app.route({
      method: 'GET',
      url: path,
      config: { role: 'viewer' },
      schema: {
        operationId: `list${Noun}s`,
        tags: ['Routing'],
        summary: `List the ${many}`,
        description: `All ${many} as they hold, sorted by name.`,
        response: { 200: page(Record) },
      },
      handler: async () => ({ success: true as const, data: recordsOf(registry, kind) as never[], nextCursor: null }),
    })
  }
