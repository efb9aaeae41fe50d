import type { CacheStatus } from '@turnout/contract'
import type { AnswerCache } from './cache.ts'
import type { CachePlan } from './rule.ts'
import { SharedReading, type Source } from './shared.ts'

/** A request whose answer may be one that is kept. */
export interface Wanted {
  plan: CachePlan
  /** What its answer is kept under. */
  key: string
}

/** Whoever waits for an answer. */
export interface Waiting {
  /** Aborted when nobody waits any more. */
  signal: AbortSignal
  /** Hears how the cache has served it, before the answer is there. @param ageMs Of an answer that was kept. */
  onCache?(status: CacheStatus, ageMs?: number): void
}

/** Answers that are objects: kept ones, those on their way to several, and new ones. */
export class CachedValues {
  readonly #cache: AnswerCache

  constructor(cache: AnswerCache) {
    this.#cache = cache
  }

  /** The answer that is kept; it belongs to all who are given it. */
  find<T extends object>({ key, plan }: Wanted, { onCache }: Pick<Waiting, 'onCache'>): T | undefined {
    const kept = plan.anew ? undefined : this.#cache.find(key, plan.ttlMs)
    if (kept?.answer.kind !== 'value') return undefined
    this.#cache.counts.hit += 1
    onCache?.('hit', this.#cache.ageOf(kept))
    return kept.answer.value as T
  }

  keep({ key, plan }: Wanted, value: object, bytes: number): void {
    this.#cache.keep(key, plan.ttlMs, { kind: 'value', value }, bytes)
  }

  /** One answer for all who wait for it. @param form Tells apart what is wanted in another form. */
  async once<T>(
    wanted: Wanted,
    form: string,
    waiting: Waiting,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ value: T; isFirst: boolean }> {
    const source: Source<T> = async function* (signal) {
      yield await make(signal)
    }
    const { reading, isFirst } = this.join(wanted, form, waiting, source)
    const [value] = await Array.fromAsync(reading.read(waiting.signal))
    return { value: value!, isFirst }
  }

  /** The same of an answer that comes in pieces. */
  join<T>({ plan, key: kept }: Wanted, form: string, { onCache }: Waiting, source: Source<T>) {
    const key = `${kept}:${form}`
    const { readings, counts } = this.#cache
    const known = plan.anew ? undefined : (readings.get(key) as SharedReading<T> | undefined)
    const reading: SharedReading<T> =
      known ??
      new SharedReading<T>(source, () => {
        if (readings.get(key) === reading) readings.delete(key)
      })
    if (known === undefined) readings.set(key, reading as SharedReading<unknown>)
    const status = known ? 'shared' : 'miss'
    counts[status] += 1
    onCache?.(status)
    return { reading, isFirst: known === undefined }
  }
}
