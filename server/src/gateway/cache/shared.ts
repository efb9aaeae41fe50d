import { TurnoutError } from '../../core/error.ts'

/** Items that come one after the other, until the signal is aborted. */
export type Source<T> = (signal: AbortSignal) => AsyncIterable<T>

/**
 * Items that several readers get, each from the first one on. It goes on for
 * as long as one of them reads, whoever came first, and no further than the
 * fastest one has read.
 */
export class SharedReading<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #controller = new AbortController()
  readonly #onClosed: () => void
  readonly #items: T[] = []
  #pulling: Promise<void> | undefined
  #isDone = false
  #failure: { error: unknown } | undefined
  #readers = 0

  /** @param onClosed Nobody can join any more. */
  constructor(source: Source<T>, onClosed: () => void) {
    this.#iterator = source(this.#controller.signal)[Symbol.asyncIterator]()
    this.#onClosed = onClosed
  }

  /**
   * All items. Whoever leaves before the end must be heard of: by `return`, or by the signal.
   *
   * @throws what the source failed with, or why the signal was aborted
   */
  async *read(signal: AbortSignal): AsyncGenerator<T, void> {
    this.#readers += 1
    try {
      for (let place = 0; ; place += 1) {
        while (place >= this.#items.length) {
          if (this.#failure) throw this.#failure.error
          if (this.#isDone) return
          await unless(signal, this.#pull())
        }
        yield this.#items[place]!
      }
    } finally {
      this.#leave()
    }
  }

  /** Takes the next item, for all who wait for it. Never rejects. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#iterator.next().then(
      ({ done, value }) => {
        this.#pulling = undefined
        if (done) this.#over()
        else this.#items.push(value)
      },
      (error: unknown) => {
        this.#pulling = undefined
        this.#failure = { error }
        this.#over()
      },
    )
    return this.#pulling
  }

  #leave(): void {
    this.#readers -= 1
    if (this.#readers > 0 || this.#isDone) return
    this.#over()
    this.#controller.abort(new TurnoutError('canceled', 'Nobody waits for the answer any more.'))
    // It may be waiting for an item, which the signal ends.
    void this.#iterator.return?.().catch(() => {})
  }

  #over(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#onClosed()
  }
}

/** @throws why the signal was aborted, if that happens first */
function unless(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
