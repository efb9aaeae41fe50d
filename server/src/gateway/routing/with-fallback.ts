import type { Hedged } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import type { Needs } from '../../core/routing/needs.ts'
import { type Chain, soleChain } from './chain.ts'
import { firstToBegin, type One } from './race.ts'
import { type About, isSole, type Router, soleLeg } from './router.ts'

/** What a request asks for, told only where there is something to choose. */
export interface Sought extends About {
  route: Route
  needs(): Needs
}

/** What was had in the end, and after how many deployments that failed. */
export interface Had<T> {
  value: T
  fallbacks: number
  /** Of all deployments; undefined where there is but one. */
  attempts?: number
  /** Whether it came of one that was asked besides another; undefined where none was. */
  hedged?: Hedged | undefined
}

/**
 * Asks one deployment of a route after the other until one answers. `one`
 * either resolves, or rejects before anything of the answer has been shown.
 *
 * @param signal Of the caller; `one` gets what it is to end with.
 * @throws TurnoutError
 */
export async function withFallback<T>(
  router: Router,
  sought: Sought,
  signal: AbortSignal,
  one: One<T>,
): Promise<Had<T>> {
  const { route, needs } = sought
  if (isSole(route)) return { value: await one(soleLeg(route), signal), fallbacks: 0 }
  const chain = router.chain(route, needs(), sought)
  const value = await firstOf(chain, signal, one)
  const { fallbacks, hedged, trail } = chain
  return { value, fallbacks, attempts: trail.attempts, hedged }
}

/** The deployments that may serve a request one after the other, be it a single one. */
export const chainOf = (router: Router, sought: Sought): Chain =>
  isSole(sought.route) ? soleChain(sought.route, router.health) : router.chain(sought.route, sought.needs(), sought)

/** What the first deployment gives that gives anything. @throws TurnoutError */
export async function firstOf<T>(chain: Chain, signal: AbortSignal, one: One<T>): Promise<T> {
  for (let leg = chain.next(); leg !== undefined; leg = chain.next()) {
    try {
      const delay = chain.hedgeDelay
      return await (delay === undefined ? one(leg, signal) : firstToBegin(chain, leg, delay, one, signal))
    } catch (thrown) {
      if (!chain.goesOn(TurnoutError.from(thrown))) break
    }
  }
  throw chain.failure()
}
