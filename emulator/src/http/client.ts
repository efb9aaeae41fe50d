import type { ServerResponse } from 'node:http'

export interface Client {
  /** Aborted when the client goes away or the emulator closes. */
  signal: AbortSignal
  /** From now on a closed connection is the emulator's own doing. */
  expectClose(): void
}

/** Watches the connection of one answer; `onLeave` is called when the client goes away before the answer is complete. */
export function watchClient(response: ServerResponse, closing: AbortSignal, onLeave: () => void): Client {
  // Not `AbortSignal.any`: what nobody listens to yet can miss that a source was aborted (nodejs/node#65995).
  const over = new AbortController()
  const end = (): void => over.abort()
  let expected = false
  const onClose = (): void => {
    closing.removeEventListener('abort', end)
    if (!response.writableFinished && !expected && !closing.aborted) onLeave()
    end()
  }
  if (closing.aborted) end()
  else closing.addEventListener('abort', end)
  // While the answer was made the client may have left already.
  if (response.closed) onClose()
  else response.once('close', onClose)
  return {
    signal: over.signal,
    expectClose: () => {
      expected = true
    },
  }
}
