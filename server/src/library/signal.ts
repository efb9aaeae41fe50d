import { TurnoutError } from '../core/error.ts'
import { anySignal } from '../lib/signals.ts'

/** A signal whose reason is an error of ours, as the gateway wants it, and how to let go of the caller's. */
interface CallSignal {
  signal: AbortSignal
  release(): void
}

export const closed = (): TurnoutError => new TurnoutError('canceled', 'This Turnout has been closed.')

/**
 * The signal of a call: it ends with the Turnout and, where the caller has
 * given one, with that. The caller's may outlive many calls, so it must be
 * released.
 *
 * @param closing Its reason is an error of ours.
 */
export function openSignal(closing: AbortSignal, own: AbortSignal | undefined): CallSignal {
  if (own === undefined) return { signal: closing, release() {} }
  const controller = new AbortController()
  const abort = () =>
    controller.abort(new TurnoutError('canceled', 'The call was ended by its signal.', { cause: own.reason }))
  if (own.aborted) abort()
  else own.addEventListener('abort', abort, { once: true })
  return {
    signal: anySignal([closing, controller.signal]),
    release: () => own.removeEventListener('abort', abort),
  }
}

/** Makes a call with its signal. @throws TurnoutError canceled where it has ended before */
export async function withSignal<T>(
  closing: AbortSignal,
  own: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, release } = openSignal(closing, own)
  try {
    signal.throwIfAborted()
    return await call(signal)
  } finally {
    release()
  }
}
