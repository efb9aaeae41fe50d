import type { Model } from '@turnout/contract'
import type { ProviderConnection } from '../core/deployment.ts'
import type { TurnoutError } from '../core/error.ts'
import type { Route } from '../core/route.ts'
import type { Placed } from './deployments.ts'
import { indexNames } from './names.ts'
import { notEnabled, notFound, retired } from './refusals.ts'
import { checkRouting } from './routing/check.ts'
import { Assignments } from './routing/experiments.ts'
import { Routes } from './routing/routes.ts'
import { soleRoute } from './routing/sole.ts'
import { POOL, ROLE } from './routing/target.ts'
import type { RoutingRecords } from './routing/types.ts'
import type { Problem, Resolution, Snapshot } from './types.ts'

export interface SnapshotInputs {
  version: number
  placed: readonly Placed[]
  providers: ReadonlyMap<string, ProviderConnection>
  problems: readonly Problem[]
  /** Whether a retired model is served by its replacement. */
  substitute: boolean
  /** Ids by the n of the variables MODEL_n_*. */
  indexes: ReadonlyMap<number, string>
  promptModelIndex: number | undefined
  defaultRequestsPerMinute: number | undefined
  routing: RoutingRecords
  /** Ids of the providers whose models may appear at any time. */
  localProviders: ReadonlySet<string>
}

/** What a name leads to: either what to call, or why not. */
interface Entry {
  readonly model: Model
  readonly resolution: Resolution | undefined
  refuse(): TurnoutError
}

export function createSnapshot(inputs: SnapshotInputs): Snapshot {
  const placed = [...inputs.placed].sort((a, b) => (a.model.id < b.model.id ? -1 : 1))
  const models = placed.map(({ model }) => model)
  const { names, problems } = indexNames(models)
  const byId = new Map(placed.map((each) => [each.model.id, each]))
  const entries = new Map<Model, Entry>()
  for (const each of placed) entries.set(each.model, entryOf(each, names, byId, inputs.substitute))
  const entryByName = new Map([...names].map(([name, model]) => [name, entries.get(model)!]))
  const look = (name: string): Entry | undefined => entryByName.get(name) ?? entryByName.get(name.toLowerCase())
  const byIndex = (index: number): Model | undefined => byId.get(inputs.indexes.get(index) ?? '')?.model

  const soleRoutes = new Map<Resolution, Route>()
  const resolve = (name: string): Resolution => {
    const entry = look(name)
    if (entry?.resolution) return entry.resolution
    throw entry ? entry.refuse() : notFound(name, idsOfAvailable(models))
  }

  const routes = new Routes(inputs.routing, resolve)
  const find = (name: string): Model | undefined => look(name)?.model
  const known = {
    knows: (name: string) => look(name) !== undefined,
    capabilities: (name: string) => find(name)?.capabilities,
  }

  const plainRoute = (name: string, productType?: string): Route => {
    if (name.startsWith(POOL)) return routes.pool(name.slice(POOL.length))
    if (name.startsWith(ROLE)) return routes.role(name.slice(ROLE.length), productType)
    // A pool may be asked for like a model, as long as no model has its name.
    if (routes.hasPool(name) && !look(name)) return routes.pool(name)
    const resolution = resolve(name)
    let route = soleRoutes.get(resolution)
    if (route === undefined) {
      route = soleRoute(resolution)
      soleRoutes.set(resolution, route)
    }
    return route
  }
  const assignments = new Assignments(plainRoute)

  return {
    version: inputs.version,
    models,
    providers: inputs.providers,
    problems: [...inputs.problems, ...problems, ...checkRouting(inputs.routing, known, inputs.localProviders)],
    promptModel: inputs.promptModelIndex === undefined ? undefined : byIndex(inputs.promptModelIndex),
    defaultRequestsPerMinute: inputs.defaultRequestsPerMinute,
    resolve,
    route(name, productType, identity) {
      const route = plainRoute(name, productType)
      return identity === undefined ? route : assignments.of(route, identity, productType)
    },
    find,
    localProviders: inputs.localProviders,
    pools: inputs.routing.pools,
    roles: inputs.routing.roles,
    byIndex,
  }
}

const idsOfAvailable = (models: readonly Model[]): string[] =>
  models.filter(({ available }) => available).map(({ id }) => id)

function entryOf(
  { model, deployment }: Placed,
  names: ReadonlyMap<string, Model>,
  byId: ReadonlyMap<string, Placed>,
  substitute: boolean,
): Entry {
  if (model.lifecycle.status !== 'retired') {
    return { model, resolution: deployment && { deployment }, refuse: () => notEnabled(model) }
  }
  const heir = heirOf(model, names)
  const stand = substitute && heir.model ? byId.get(heir.model.id)?.deployment : undefined
  return {
    model,
    resolution: stand && { deployment: stand, substitutedFor: model.id },
    refuse: () => retired(model, heir.name),
  }
}

/** Who takes the place of a retired model, over all that were retired since; without a model where the registry knows none. */
function heirOf(model: Model, names: ReadonlyMap<string, Model>): { name?: string; model?: Model } {
  const seen = new Set<Model>()
  let current = model
  while (current.lifecycle.status === 'retired') {
    seen.add(current)
    const { replacedBy } = current.lifecycle
    if (replacedBy === undefined) return {}
    const next = names.get(replacedBy) ?? names.get(replacedBy.toLowerCase())
    if (!next) return { name: replacedBy }
    if (seen.has(next)) return {}
    current = next
  }
  return { name: current.id, model: current }
}
