import { TurnoutError } from '../../core/error.ts'
import { anySignal } from '../../lib/signals.ts'
import type { Chain, Leg } from './chain.ts'
import { type Contender, Contest } from './contest.ts'

/** Asks one deployment. What it does ends with `signal`, be it that the caller leaves or that another one was first. */
export type One<T> = (leg: Leg, signal: AbortSignal) => Promise<T>

/**
 * What a deployment gives, or another one that is asked when the first does
 * not begin within `delay` milliseconds.
 *
 * @throws TurnoutError
 */
export function firstToBegin<T>(chain: Chain, leg: Leg, delay: number, one: One<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const enter = (each: Leg): Contender => {
      const controller = new AbortController()
      const own = anySignal([signal, controller.signal])
      const contender: Contender = {
        leg: each,
        start() {
          const asked = (async () => one(each, own))()
          asked.then(
            (value) => {
              if (contest.begins(contender)) resolve(value)
            },
            (thrown: unknown) => {
              const error = TurnoutError.from(thrown)
              if (contest.fails(contender, error)) reject(error)
            },
          )
        },
        cancel: () => controller.abort(new TurnoutError('canceled', 'Another deployment has answered.')),
      }
      return contender
    }
    const contest = new Contest(chain, leg, enter)
    contest.start(delay)
  })
}
