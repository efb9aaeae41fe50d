import { FALLBACK_TRIGGERS, type Fallback, type PoolConfiguration, type Validation } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import {
  type Candidate,
  DEFAULT_FALLBACK,
  type FallbackPolicy,
  type Route,
  type UnavailableMember,
} from '../../core/route.ts'
import { defined } from '../../lib/objects.ts'
import type { Resolution } from '../types.ts'
import { experimentOf } from './experiments.ts'
import { flatten } from './members.ts'
import { POOL, ROLE } from './target.ts'
import type { RoutingRecords } from './types.ts'

type Resolve = (name: string) => Resolution

function policyOf({ max, on, deadlineMs }: Fallback): FallbackPolicy {
  const triggers = Object.fromEntries(
    FALLBACK_TRIGGERS.map((trigger) => [trigger, on[trigger] ?? DEFAULT_FALLBACK.on[trigger]]),
  ) as FallbackPolicy['on']
  return { max, on: triggers, deadlineMs }
}

/** A member's deployment with what its pool says instead. */
function adapted(deployment: Deployment, { retry, timeouts }: PoolConfiguration): Deployment {
  if (!retry && !timeouts) return deployment
  return {
    ...deployment,
    retry: { ...deployment.retry, ...defined(retry ?? {}) },
    timeouts: { ...deployment.timeouts, ...defined(timeouts ?? {}) },
  }
}

/** The routes of pools and roles, each made when it is first asked for. */
export class Routes {
  readonly #records: RoutingRecords
  readonly #resolve: Resolve
  readonly #routes = new Map<string, Route>()

  constructor(records: RoutingRecords, resolve: Resolve) {
    this.#records = records
    this.#resolve = resolve
  }

  hasPool(name: string): boolean {
    return this.#records.pools.has(name)
  }

  /** What can be asked for, for messages about names that cannot. */
  get names(): string[] {
    const { pools, roles } = this.#records
    return [...[...pools.keys()].map((name) => POOL + name), ...[...roles.keys()].map((name) => ROLE + name)]
  }

  /** @throws TurnoutError model_not_found, model_not_enabled */
  pool(name: string): Route {
    return this.#route(POOL + name, name, {})
  }

  /** @throws TurnoutError model_not_found, model_not_enabled */
  role(name: string, productType: string | undefined): Route {
    const role = this.#records.roles.get(name)?.record
    if (!role) throw this.#unknown(ROLE + name, 'role')
    const special = productType === undefined ? undefined : role.products[productType]
    const pool = special ?? role.pool
    return this.#route(`${ROLE}${name}`, pool, { role: name, ...(special && { productType }) }, role.validate)
  }

  #route(name: string, pool: string, more: Pick<Route, 'role' | 'productType'>, ofRole?: Validation): Route {
    const key = `${name}\n${pool}`
    const known = this.#routes.get(key)
    if (known) return known
    const record = this.#records.pools.get(pool)?.record
    if (!record) throw this.#unknown(POOL + pool, 'pool')
    const candidates: Candidate[] = []
    const unavailable: UnavailableMember[] = []
    for (const { model, weight, when } of flatten(pool, this.#records.pools)) {
      try {
        const { deployment } = this.#resolve(model)
        candidates.push({ deployment: adapted(deployment, record), weight, ...(when && { when }) })
      } catch (error) {
        unavailable.push({ model, reason: TurnoutError.from(error).message })
      }
    }
    if (candidates.length === 0) {
      const reasons = unavailable.map(({ reason }) => reason).join(' ')
      throw new TurnoutError('model_not_enabled', `No member of pool ${pool} can be used. ${reasons}`, {
        param: 'model',
        details: { unavailable },
      })
    }
    const { strategy, degrade, hedge, stream, cache, validate } = record
    const validations = [validate, ofRole].filter((each) => each !== undefined)
    const experiment = experimentOf(pool, record)
    const route: Route = {
      name,
      pool,
      ...more,
      strategy,
      candidates,
      unavailable,
      fallback: policyOf(record.fallback),
      degrade,
      ...(hedge && { hedge }),
      ...(stream && { stream }),
      ...(cache && { cache }),
      ...(validations.length > 0 && { validations }),
      ...(experiment && { experiment }),
    }
    this.#routes.set(key, route)
    return route
  }

  #unknown(name: string, kind: 'pool' | 'role'): TurnoutError {
    const names = this.names.filter((each) => each.startsWith(`${kind}:`))
    return new TurnoutError(
      'model_not_found',
      `There is no ${kind} ${JSON.stringify(name.slice(5))}; there are ${names.join(', ') || 'none'}.`,
      {
        param: 'model',
        details: { nearest: names },
      },
    )
  }
}
