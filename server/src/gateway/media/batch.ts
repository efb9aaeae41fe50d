import { TurnoutError } from '../../core/error.ts'
import { isHopeless } from '../../core/hopeless.ts'

/** How many calls of one request run at once. */
const AT_ONCE = 4

/** How many outputs each call is to make, where one call makes at most so many. */
export function split(count: number, perCall: number): number[] {
  const full = Math.floor(count / perCall)
  const rest = count % perCall
  return [...Array.from({ length: full }, () => perCall), ...(rest > 0 ? [rest] : [])]
}

export type Settled<T> = { value: T; error?: undefined } | { value?: undefined; error: TurnoutError }

/** Runs the calls, a few at once, and answers in their order. Those that have no chance any more are not begun. */
export async function settleAll<T>(calls: readonly (() => Promise<T>)[]): Promise<Settled<T>[]> {
  const results: Settled<T>[] = []
  let next = 0
  let hopeless: TurnoutError | undefined
  const work = async (): Promise<void> => {
    while (next < calls.length) {
      const index = next
      next += 1
      if (hopeless) {
        results[index] = { error: hopeless }
        continue
      }
      try {
        results[index] = { value: await calls[index]!() }
      } catch (thrown) {
        const error = TurnoutError.from(thrown)
        results[index] = { error }
        if (isHopeless(error)) hopeless = error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, calls.length) }, work))
  return results
}

/** The failure that tells most when all have failed: what may have been paid for must not be sent again. */
export const gravest = (errors: readonly TurnoutError[]): TurnoutError =>
  errors.find(({ code }) => code === 'unknown_outcome') ?? errors.find(({ retryable }) => !retryable) ?? errors[0]!
