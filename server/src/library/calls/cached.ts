import type { CacheWish } from '@turnout/contract'
import type { Route } from '../../core/route.ts'
import { type Asking, cacheKey } from '../../gateway/cache/key.ts'
import { cachePlan } from '../../gateway/cache/rule.ts'
import type { Wanted } from '../../gateway/cache/values.ts'
import type { LibraryServices } from '../services.ts'
import { withSignal } from '../signal.ts'
import type { Served } from '../types.ts'

/** What a call says of the cache, and for what. */
export interface Wish {
  cache?: CacheWish | undefined
  productType?: string | undefined
}

/** What the cache is asked for; undefined where nobody wants that. */
export function wantedOf(
  { cacheRule, whose }: LibraryServices,
  route: Route,
  { cache: wish, productType }: Wish,
  asking: Omit<Asking, 'route' | 'productType' | 'keyId'>,
): Wanted | undefined {
  const plan = cachePlan({ cache: route.cache ?? cacheRule }, wish, undefined)
  return plan && { plan, key: cacheKey({ ...asking, route, productType, keyId: whose }, plan) }
}

/** The answer as it is given to a call that it was not made for, as a copy of its own. */
export const again = <T extends Served>(answer: T, requestId: string): T => ({
  ...structuredClone(answer),
  requestId,
  attempts: 0,
  cost: '0',
  cached: true,
})

/** A call whose answer may be one that is kept. */
interface CachedCall<T extends Served> {
  wanted: Wanted | undefined
  requestId: string
  signal: AbortSignal | undefined
  make(signal: AbortSignal | undefined): Promise<T>
  /** What the answer takes, in bytes and about; undefined for one that is not kept. */
  sizeOf(answer: T): number | undefined
}

/** Answers from the cache, else together with the same call that is under way, else anew. @throws TurnoutError */
export async function cached<T extends Served>(
  { values, closing }: LibraryServices,
  { wanted, requestId, signal: own, make, sizeOf }: CachedCall<T>,
): Promise<T> {
  if (wanted === undefined) return make(own)
  return withSignal(closing, own, async (signal) => {
    const kept = values.find<T>(wanted, {})
    if (kept) return again(kept, requestId)
    const { value, isFirst } = await values.once(wanted, 'whole', { signal }, async (shared) => {
      const answer = await make(shared)
      const bytes = sizeOf(answer)
      if (bytes !== undefined) values.keep(wanted, structuredClone(answer), bytes)
      return answer
    })
    return isFirst ? { ...structuredClone(value), cached: false } : again(value, requestId)
  })
}
