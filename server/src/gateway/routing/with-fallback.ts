import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { Needs } from '../../core/routing/needs.ts'
import type { Leg } from './chain.ts'
import { isSole, type Router, soleLeg } from './router.ts'

/** What a request asks for, told only where there is something to choose. */
export interface Sought {
  route: Route
  needs(): Needs
  paidOnAcceptance?: boolean
}

/** What was had in the end, and after how many deployments that failed. */
export interface Had<T> {
  value: T
  fallbacks: number
}

/**
 * Asks one deployment of a route after the other until one answers. `one`
 * either resolves, or rejects before anything of the answer has been shown.
 *
 * @throws TurnoutError
 */
export async function withFallback<T>(
  router: Router,
  { route, needs, paidOnAcceptance }: Sought,
  one: (leg: Leg) => Promise<T>,
): Promise<Had<T>> {
  if (isSole(route)) return { value: await one(soleLeg(route)), fallbacks: 0 }
  const chain = router.chain(route, needs(), paidOnAcceptance)
  for (let leg = chain.next(); leg !== undefined; leg = chain.next()) {
    try {
      return { value: await one(leg), fallbacks: chain.fallbacks }
    } catch (thrown) {
      if (!chain.goesOn(TurnoutError.from(thrown))) break
    }
  }
  throw chain.failure()
}
