import type { Layer, PoolConfiguration, RoleConfiguration } from '@turnout/contract'

/** A record of one layer, and where in it to look when it cannot be used. */
export interface Placed<Record> {
  layer: Layer
  record: Record
  /** Such as `turnout.yaml:12 pools.fast.members[0]` for the path below the record. */
  where(path: readonly PropertyKey[]): string
}

/** The pools and roles of all layers by name; a stronger layer's record takes the place of a weaker one's. */
export interface RoutingRecords {
  pools: ReadonlyMap<string, Placed<PoolConfiguration>>
  roles: ReadonlyMap<string, Placed<RoleConfiguration>>
}

/** What one layer says of routing. */
export interface RoutingLayer {
  layer: Layer
  pools: Readonly<Record<string, PoolConfiguration>>
  roles: Readonly<Record<string, RoleConfiguration>>
  where(path: readonly PropertyKey[]): string
}

/** The layers, from the weakest to the strongest, as one. */
export function mergeRouting(layers: readonly RoutingLayer[]): RoutingRecords {
  const pools = new Map<string, Placed<PoolConfiguration>>()
  const roles = new Map<string, Placed<RoleConfiguration>>()
  for (const { layer, where, ...records } of layers) {
    for (const [name, record] of Object.entries(records.pools)) {
      pools.set(name, { layer, record, where: (path) => where(['pools', name, ...path]) })
    }
    for (const [name, record] of Object.entries(records.roles)) {
      roles.set(name, { layer, record, where: (path) => where(['roles', name, ...path]) })
    }
  }
  return { pools, roles }
}
