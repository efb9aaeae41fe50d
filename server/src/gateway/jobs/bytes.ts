import { setTimeout as sleep } from 'node:timers/promises'
import { TurnoutError } from '../../core/error.ts'
import { isOurs } from '../../core/trouble.ts'

/** How long bytes that came with an answer are tried to be kept while the storage or the database is away. */
const KEEP_MS = 600_000
const KEEP_AGAIN_MS = 1_000

/** Tries again for as long as it is worth while. @throws TurnoutError, or the reason of the signal */
export async function keepSurely<T>(keep: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const until = performance.now() + KEEP_MS; ; ) {
    try {
      return await keep()
    } catch (thrown) {
      if (!(thrown instanceof TurnoutError) || !isOurs(thrown) || performance.now() > until) throw thrown
      await sleep(KEEP_AGAIN_MS, undefined, { signal })
    }
  }
}

/** @throws TurnoutError invalid_output for more bytes than that */
export async function* bounded(bytes: AsyncIterable<Uint8Array>, most: number, provider: string) {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > most) {
      throw new TurnoutError('invalid_output', `The output is larger than ${most} bytes.`, {
        provider,
        retryable: false,
      })
    }
    yield chunk
  }
}

/** The bytes of a data URL; undefined for any other one. */
export function inlineBytes(url: string | undefined): Uint8Array | undefined {
  const data = url === undefined ? undefined : /^data:[^,]*;base64,/i.exec(url.slice(0, 256))
  return data ? Buffer.from(url!.slice(data[0].length), 'base64') : undefined
}
