import type { CacheWish } from '@turnout/contract'
import type { Principal } from '../access/types.ts'
import type { Route } from '../core/route.ts'
import { cacheKey } from '../gateway/cache/key.ts'
import { cachePlan } from '../gateway/cache/rule.ts'
import { type Bring, CachedRun } from '../gateway/cache/run.ts'
import type { Exchange } from './exchange.ts'

/** A request whose answer is never a stream. */
export interface WholeRequest {
  api: string
  route: Route
  productType: string | undefined
  principal: Principal
  /** What its body wants of the cache. */
  wish: CacheWish | undefined
  /** All of its fields. */
  values: Readonly<Record<string, unknown>>
  isKept(body: Buffer): boolean
}

/**
 * What answers from the cache; undefined where nobody asks for that.
 *
 * @throws TurnoutError invalid_input
 */
export function cachedWhole(exchange: Exchange, request: WholeRequest, bring: Bring): CachedRun | undefined {
  const { api, route, productType, principal, wish, values, isKept } = request
  const plan = cachePlan(route, wish, exchange.request.headers['x-turnout-cache'])
  if (plan === undefined) return undefined
  const { model: _, turnout: __, ...body } = values
  const key = cacheKey({ api, route, productType, keyId: principal.keyId, body }, plan)
  return new CachedRun(exchange.plane.cache, { plan, key, isKept }, exchange, bring)
}
