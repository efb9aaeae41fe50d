import type { CacheStatus, ValidationVerdict } from '@turnout/contract'
import { completionEvents } from '../../core/openai/completion-events.ts'
import { EVENT_STREAM } from '../../lib/sse.ts'
import type { RelayClient, Running } from '../relay/types.ts'
import type { AnswerCache } from './cache.ts'
import { Flight } from './flight.ts'
import type { CachePlan } from './rule.ts'
import type { CachedAnswer, Kept } from './store.ts'

/** A stream is handed to further clients up to here, also where so much is not kept. */
const MOST_SHARED_BYTES = 4 * 1024 * 1024

/** A client that is told how the cache has served it. */
export interface CacheClient extends RelayClient {
  /** Before the answer begins. @param ageMs Of an answer that was kept. */
  noteCache(status: CacheStatus, streamed: boolean, ageMs?: number): void
}

/** A request of OpenAI's dialect whose answer may be one that is kept. */
export interface CachedRequest {
  plan: CachePlan
  /** What its answer is kept under; the same for a stream and for a whole answer. */
  key: string
  /** Where the answer is to be a stream of a chat. */
  stream?: {
    includeUsage: boolean
    /** Its answer has passed a validation. */
    validated: boolean
  }
  /** Whether an answer is one that may be given again. */
  isKept(body: Buffer, streamed: boolean): boolean
}

/** Makes what brings a new answer. `onVerdict` hears of one that was judged at its end. */
export type Bring = (client: RelayClient, onVerdict: (verdict: ValidationVerdict) => void) => Running

type BytesAnswer = Extract<CachedAnswer, { kind: 'bytes' }>

/** Answers from the cache, else together with the same request that is under way, else anew. */
export class CachedRun implements Running {
  readonly #cache: AnswerCache
  readonly #request: CachedRequest
  readonly #client: CacheClient
  readonly #bring: Bring
  #flight: Flight | undefined
  #isFirst = false

  /** @param bring Called only where there is nothing else; it throws what the request fails by at once. */
  constructor(cache: AnswerCache, request: CachedRequest, client: CacheClient, bring: Bring) {
    this.#cache = cache
    this.#request = request
    this.#client = client
    this.#bring = bring
  }

  /** Attempts were made for the first who asked. */
  get attempts(): number {
    return this.#isFirst ? this.#flight!.attempts : 0
  }

  get fallbacks(): number {
    return this.#isFirst ? this.#flight!.fallbacks : 0
  }

  start(): void {
    const { plan, stream } = this.#request
    if (!plan.anew) {
      const kept = this.#find()
      if (kept) {
        this.#replay(kept)
        return
      }
      const flight = this.#cache.flights.get(this.#key)
      if (flight) {
        this.#flight = flight
        this.#note('shared')
        flight.join(this.#client)
        return
      }
    }
    this.#begin(stream !== undefined)
  }

  cancel(): void {
    this.#flight?.leave(this.#client)
  }

  resume(): void {
    this.#flight?.resume(this.#client)
  }

  /** A stream is kept as it was sent, which is with or without its usage. */
  get #key(): string {
    const { key, stream } = this.#request
    return stream === undefined ? key : `${key}:${stream.includeUsage ? 'usage' : 'stream'}`
  }

  /** What came whole serves streams as well. */
  #find(): Kept | undefined {
    const { key, plan, stream } = this.#request
    return this.#cache.find(this.#key, plan.ttlMs) ?? (stream && this.#cache.find(key, plan.ttlMs))
  }

  #note(status: CacheStatus, ageMs?: number): void {
    this.#cache.counts[status] += 1
    this.#client.noteCache(status, this.#request.stream !== undefined, ageMs)
  }

  #replay(kept: Kept): void {
    this.#note('hit', this.#cache.ageOf(kept))
    const { head, body, streamed } = kept.answer as BytesAnswer
    const { stream } = this.#request
    if (stream === undefined) {
      this.#client.answer({ ...head, attempts: 0 }, 0n, body)
      return
    }
    this.#client.begin({ ...head, contentType: EVENT_STREAM, attempts: 0 })
    this.#client.write(streamed ? body : this.#asStream(body, head.warnings))
    this.#client.end(0n)
  }

  #asStream(body: Buffer, warnings: readonly string[] = []): Buffer {
    const { includeUsage, validated } = this.#request.stream!
    const told = {
      ...(warnings.length > 0 && { warnings }),
      ...(validated && { validation: { passed: true, failures: [] } }),
    }
    return Buffer.from(completionEvents(body, includeUsage, warnings.length > 0 || validated ? told : undefined))
  }

  #begin(isStream: boolean): void {
    const { flights, store } = this.#cache
    const { plan, isKept } = this.#request
    const key = this.#key
    let mayKeep = true
    const flight = new Flight({
      mostBytes: isStream ? Math.max(store.mostBytes, MOST_SHARED_BYTES) : store.mostBytes,
      onWhole: ({ head: { attempts: _, ...head }, body, streamed }) => {
        if (!mayKeep || !isKept(body, streamed)) return
        this.#cache.keep(key, plan.ttlMs, { kind: 'bytes', head, body, streamed }, body.length)
      },
      onClosed: () => {
        if (flights.get(key) === flight) flights.delete(key)
      },
    })
    const running = this.#bring(flight, ({ passed }) => {
      mayKeep &&= passed
    })
    flights.set(key, flight)
    this.#flight = flight
    this.#isFirst = true
    this.#note('miss')
    flight.start(running, this.#client)
  }
}
