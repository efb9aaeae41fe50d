import type { CacheStatus } from '@turnout/contract'
import type { Flight } from './flight.ts'
import type { SharedReading } from './shared.ts'
import type { AnswerStore, CachedAnswer, Kept } from './store.ts'

/** Answers that are kept, and those that are on their way, for requests that are the same. */
export class AnswerCache {
  readonly store: AnswerStore
  readonly #now: () => number
  /** By key: what further requests may join. */
  readonly flights = new Map<string, Flight>()
  readonly readings = new Map<string, SharedReading<unknown>>()
  /** How many requests were answered so. */
  readonly counts: Record<CacheStatus, number> = { hit: 0, miss: 0, shared: 0 }

  /** @param now Epoch milliseconds; tests have their own. */
  constructor(store: AnswerStore, now: () => number = () => Date.now()) {
    this.store = store
    this.#now = now
  }

  /** An answer that is not older than that, in milliseconds. */
  find(key: string, mostAgeMs: number): Kept | undefined {
    const kept = this.store.get(key)
    if (kept === undefined) return undefined
    const now = this.#now()
    if (kept.expiresAt <= now) {
      this.store.delete(key)
      return undefined
    }
    return kept.keptAt + mostAgeMs > now ? kept : undefined
  }

  keep(key: string, ttlMs: number, answer: CachedAnswer, bytes: number): void {
    const keptAt = this.#now()
    this.store.set(key, { answer, bytes, keptAt, expiresAt: keptAt + ttlMs })
  }

  ageOf({ keptAt }: Kept): number {
    return Math.max(0, this.#now() - keptAt)
  }
}
