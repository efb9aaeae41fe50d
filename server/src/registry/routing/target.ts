import type { RoutingRecords } from './types.ts'

export const POOL = 'pool:'
export const ROLE = 'role:'

/** What the names in a configuration may lead to. */
export interface Targets extends RoutingRecords {
  knowsModel(name: string): boolean
}

/** Whether there is something by such a name, be it a model, a pool or a role. */
export const isThere = (name: string, { pools, roles, knowsModel }: Targets): boolean =>
  name.startsWith(ROLE)
    ? roles.has(name.slice(ROLE.length))
    : name.startsWith(POOL)
      ? pools.has(name.slice(POOL.length))
      : pools.has(name) || knowsModel(name)

/** The pools and roles that there are, for messages. */
export function routesOf({ pools, roles }: RoutingRecords): string {
  const names = [...[...roles.keys()].map((name) => ROLE + name), ...[...pools.keys()].map((name) => POOL + name)]
  return names.join(', ') || 'no pools and no roles'
}
