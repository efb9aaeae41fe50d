import { createHash } from 'node:crypto'
import { HEAD_BYTES } from '../lib/media-type.ts'

type Bytes = Uint8Array | AsyncIterable<Uint8Array>

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Bytes on their way into storage: looked at as they pass, never held. Must be read to the end or released. */
export class Inflow implements AsyncIterable<Uint8Array> {
  /** As many of the first bytes as tell the format. */
  readonly head: Buffer
  readonly #waiting: Uint8Array[]
  readonly #rest: AsyncIterator<Uint8Array>
  readonly #hash = createHash('sha256')
  #size = 0

  private constructor(head: Buffer, waiting: Uint8Array[], rest: AsyncIterator<Uint8Array>) {
    this.head = head
    this.#waiting = waiting
    this.#rest = rest
  }

  /** Reads the first bytes. @throws whatever the bytes end in */
  static async open(bytes: Bytes): Promise<Inflow> {
    const rest = iteratorOf(bytes)
    const waiting: Uint8Array[] = []
    let known = 0
    while (known < HEAD_BYTES) {
      const { done, value } = await rest.next()
      if (done) break
      waiting.push(value)
      known += value.length
    }
    const head = Buffer.concat(waiting.map((chunk) => chunk.subarray(0, HEAD_BYTES))).subarray(0, HEAD_BYTES)
    return new Inflow(head, waiting, rest)
  }

  /** @param most More bytes than these end in what `tooMany` makes. */
  limit(most: number, tooMany: () => Error, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const all = this
    return {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of all) {
          signal?.throwIfAborted()
          if (all.#size > most) throw tooMany()
          yield chunk
        }
      },
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of this.#waiting.splice(0)) yield this.#pass(chunk)
      for (;;) {
        const { done, value } = await this.#rest.next()
        if (done) return
        yield this.#pass(value)
      }
    } finally {
      await this.release()
    }
  }

  /** Lets go of where the bytes come from, read or not. */
  async release(): Promise<void> {
    await this.#rest.return?.().then(ignore, ignore)
  }

  /** Of what has passed; to be asked once. */
  result(): { bytes: number; sha256: string } {
    return { bytes: this.#size, sha256: this.#hash.digest('hex') }
  }

  #pass(chunk: Uint8Array): Uint8Array {
    this.#size += chunk.length
    this.#hash.update(chunk)
    return chunk
  }
}

const ignore = () => {}

const iteratorOf = (bytes: Bytes): AsyncIterator<Uint8Array> =>
  (bytes instanceof Uint8Array ? once(bytes) : bytes)[Symbol.asyncIterator]()

/** Lets go of bytes that are not wanted, so that no connection waits for their reader. */
export function releaseBytes(bytes: Bytes): void {
  if (bytes instanceof Uint8Array) return
  const iterator = bytes[Symbol.asyncIterator]()
  // What has not begun would end without its clean-up.
  void iterator.next().then(() => iterator.return?.(), ignore)
}
