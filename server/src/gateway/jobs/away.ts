import { setTimeout as sleep } from 'node:timers/promises'
import { isAway } from '../../core/trouble.ts'

const AGAIN_MS = 1_000

/**
 * Tries again while our own database or storage is away, for so long.
 * @throws what it failed with at last, or the reason of the signal
 */
export async function untilBack<T>(work: () => Promise<T>, withinMs: number, signal: AbortSignal): Promise<T> {
  for (const until = performance.now() + withinMs; ; ) {
    try {
      return await work()
    } catch (thrown) {
      if (!isAway(thrown) || performance.now() > until) throw thrown
      await sleep(AGAIN_MS, undefined, { signal })
    }
  }
}

/** Nothing is known while our own database or storage is away. @throws every other failure */
export function nothingWhileAway(thrown: unknown): undefined {
  if (!isAway(thrown)) throw thrown
  return undefined
}
