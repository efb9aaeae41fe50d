import type { AnswerHead } from '../relay/types.ts'

/** An answer as it went out in the dialect of its client, or as an object. */
export type CachedAnswer =
  | { kind: 'bytes'; head: Omit<AnswerHead, 'attempts'>; body: Buffer; streamed: boolean }
  | { kind: 'value'; value: object }

export interface Kept {
  answer: CachedAnswer
  /** What it takes, about. */
  bytes: number
  /** Epoch milliseconds. */
  keptAt: number
  expiresAt: number
}

/** Where answers are kept. */
export interface AnswerStore {
  get(key: string): Kept | undefined
  set(key: string, kept: Kept): void
  delete(key: string): void
  readonly bytes: number
  readonly size: number
  /** The longest answer that is kept, in bytes. */
  readonly mostBytes: number
}

/** No single answer may push out more than this share of the others. */
const SHARE_OF_ONE = 1 / 4
/** What an entry takes besides its answer: key, head, places in the table. */
const OVERHEAD_BYTES = 512

/** Keeps answers in the memory of this process; the one that was not asked for the longest makes room. */
export class MemoryAnswers implements AnswerStore {
  readonly mostBytes: number
  readonly #capacity: number
  /** The one that was asked for last is the last one. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  /** @param capacity In bytes; 0 keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity
    this.mostBytes = Math.floor(capacity * SHARE_OF_ONE) - OVERHEAD_BYTES
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#kept.size
  }

  get(key: string): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  set(key: string, kept: Kept): void {
    this.delete(key)
    if (kept.bytes > this.mostBytes) return
    this.#kept.set(key, kept)
    this.#bytes += kept.bytes + OVERHEAD_BYTES
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#capacity) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#bytes -= kept.bytes + OVERHEAD_BYTES
  }
}
