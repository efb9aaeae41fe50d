import { TurnoutError } from '../../core/error.ts'
import type { Comparisons } from '../../gateway/comparisons.ts'

/** Comparisons of a server that has none. */
export function fakeComparisons(): Comparisons {
  const none = async (): Promise<never> => {
    throw new TurnoutError('not_found', 'There is no comparison with that id.')
  }
  return { create: none, read: none } as unknown as Comparisons
}
