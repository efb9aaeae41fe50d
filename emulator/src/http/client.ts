import type { ServerResponse } from 'node:http'

export interface Client {
  /** Aborted when the client goes away or the emulator closes. */
  signal: AbortSignal
  /** From now on a closed connection is the emulator's own doing. */
  expectClose(): void
}

/** Watches the connection of one answer; `onLeave` is called when the client goes away before the answer is complete. */
export function watchClient(response: ServerResponse, closing: AbortSignal, onLeave: () => void): Client {
  const gone = new AbortController()
  let expected = false
  response.once('close', () => {
    if (!response.writableFinished && !expected && !closing.aborted) onLeave()
    gone.abort()
  })
  return {
    signal: AbortSignal.any([gone.signal, closing]),
    expectClose: () => {
      expected = true
    },
  }
}
