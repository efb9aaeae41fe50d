import type { Experiment as Configured, PoolConfiguration } from '@turnout/contract'
import type { Route } from '../../core/route.ts'
import { assign, type Experiment, type Identity, type Variant } from '../../core/routing/experiment.ts'
import type { MemberProblem } from './members.ts'
import { isThere, ROLE, routesOf, type Targets } from './target.ts'

/** What a client calls its products is no reason to remember without end. */
const MOST_PRODUCTS = 1_000

/** The name that the results of a pool's experiment are kept under. */
export const nameOfExperiment = (pool: string, { name = pool }: Configured): string => name

/** The experiment of a pool; undefined where it has none. */
export function experimentOf(pool: string, { experiment }: PoolConfiguration): Experiment | undefined {
  if (experiment === undefined) return undefined
  const variants = Object.entries(experiment.variants).map(([name, { weight, to }]) => ({ name, weight, to }))
  return { name: nameOfExperiment(pool, experiment), by: experiment.by, variants }
}

/** What is wrong with the experiment of a pool, by the path below the pool's record. */
export function checkExperiment({ experiment }: PoolConfiguration, targets: Targets): MemberProblem[] {
  return Object.entries(experiment?.variants ?? {}).flatMap(([name, { to }]): MemberProblem[] => {
    if (to === undefined || isThere(to, targets)) return []
    const what = `leads to a model, pool or role that does not exist: ${JSON.stringify(to)}`
    const message = `${what}; there are ${routesOf(targets)}`
    return [{ path: ['experiment', 'variants', name, 'to'], message }]
  })
}

/** A variant that can be used, with its route. */
interface Way extends Variant {
  route: Route
}

/**
 * The route of a variant. What is asked for keeps its name, and what it wants
 * of answers holds for all of its variants. What a variant leads to counts
 * without an experiment of its own: a request takes part in one.
 */
function routeOf(base: Route, target: Route, variant: string): Route {
  const { experiment, ...own } = target
  const validations = new Set([...(base.validations ?? []), ...(target.validations ?? [])])
  const stream = target.stream ?? base.stream
  const cache = target.cache ?? base.cache
  const { role, productType } = base
  return {
    ...own,
    name: base.name,
    pool: target.pool ?? base.pool!,
    ...(role !== undefined && { role }),
    ...(productType !== undefined && { productType }),
    ...(stream && { stream }),
    ...(cache && { cache }),
    ...(validations.size > 0 && { validations: [...validations] }),
    assignment: { experiment: base.experiment!.name, variant },
  }
}

/** Sends the requests of pools with an experiment to their variants. */
export class Assignments {
  readonly #find: (name: string, productType: string | undefined) => Route
  /** By route and product type. */
  readonly #ways = new WeakMap<Route, Map<string | undefined, readonly Way[]>>()

  /** @param find The route for a name, its own experiment left alone. Throws where it cannot be used. */
  constructor(find: (name: string, productType: string | undefined) => Route) {
    this.#find = find
  }

  /** Where a request goes; the route itself where it has no experiment, or one without a variant that can be used. */
  of(route: Route, identity: Identity, productType: string | undefined): Route {
    const { experiment } = route
    if (experiment === undefined) return route
    // Only a role may lead elsewhere for a product type.
    const matters = experiment.variants.some(({ to }) => to?.startsWith(ROLE))
    const ways = this.#waysOf(route, experiment, matters ? productType : undefined)
    return ways.length === 0 ? route : assign(experiment, ways, identity).route
  }

  #waysOf(base: Route, { variants }: Experiment, productType: string | undefined): readonly Way[] {
    let byProduct = this.#ways.get(base)
    if (byProduct === undefined) {
      byProduct = new Map()
      this.#ways.set(base, byProduct)
    }
    let ways = byProduct.get(productType)
    if (ways === undefined) {
      ways = variants.flatMap((variant) => {
        const target = this.#target(base, variant, productType)
        return target === undefined ? [] : [{ ...variant, route: routeOf(base, target, variant.name) }]
      })
      if (byProduct.size >= MOST_PRODUCTS) byProduct.clear()
      byProduct.set(productType, ways)
    }
    return ways
  }

  /** Undefined for one that cannot be used: it is passed over, as the members of pools are. */
  #target(base: Route, { to }: Variant, productType: string | undefined): Route | undefined {
    if (to === undefined) return base
    try {
      return this.#find(to, productType)
    } catch {
      return undefined
    }
  }
}
