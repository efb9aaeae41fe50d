import {
  Pool,
  PoolConfiguration,
  PoolRevision,
  RoleConfiguration,
  RoleRecord,
  RoleRevision,
  RouteName,
  type RoutingKind,
} from '@turnout/contract'
import { z } from 'zod'
import { TurnoutError } from '../../../core/error.ts'
import type { Registry } from '../../../registry/types.ts'

/** Pools and roles are administered by the same routes; only names and schemas differ. */
export const KINDS = {
  pool: {
    path: '/api/pools',
    one: 'pool',
    many: 'pools',
    Noun: 'Pool',
    Record: Pool,
    Configuration: PoolConfiguration,
    Revision: PoolRevision,
  },
  role: {
    path: '/api/roles',
    one: 'role',
    many: 'roles',
    Noun: 'Role',
    Record: RoleRecord,
    Configuration: RoleConfiguration,
    Revision: RoleRevision,
  },
} as const

export const NameParams = z.object({ name: RouteName })

/** The records of a kind as they hold now, by name. */
export const recordsOf = (registry: Registry, kind: RoutingKind): (Pool | RoleRecord)[] =>
  (kind === 'pool' ? registry.routing.pools() : registry.routing.roles()).sort((a, b) => (a.name < b.name ? -1 : 1))

/** @throws TurnoutError not_found */
export function recordOf(registry: Registry, kind: RoutingKind, name: string): Pool | RoleRecord {
  const record = recordsOf(registry, kind).find((each) => each.name === name)
  if (record) return record
  throw new TurnoutError('not_found', `There is no ${kind} ${JSON.stringify(name)}.`, { param: 'name' })
}
