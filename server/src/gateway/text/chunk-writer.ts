import { TurnoutError } from '../../core/error.ts'
import type { RelayClient } from '../relay/types.ts'
import type { TextStream } from './stream.ts'

/** How long a client may leave an answer unread before it is taken for dead. */
const UNREAD_MS = 60_000

/** Writes a stream no faster than its client reads. */
export class ChunkWriter {
  readonly #client: RelayClient
  #wake: (() => void) | undefined

  constructor(client: RelayClient) {
    this.#client = client
  }

  /** Undefined where there is nothing to wait for: a promise for each chunk would cost more than the chunk. */
  write(text: string, stream: TextStream): Promise<void> | undefined {
    return this.#client.write(Buffer.from(text)) ? undefined : this.#read(stream)
  }

  /** The client is ready for more. */
  resume(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves when the client has read what it was sent; meanwhile nothing is taken from the provider. */
  #read(stream: TextStream): Promise<void> {
    stream.pause()
    if (stream.signal.aborted) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TurnoutError('canceled', 'The answer was not read.')), UNREAD_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
