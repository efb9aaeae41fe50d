import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { EventFramer, MOST_PENDING, type ServerSentEvent } from '../../lib/sse.ts'
import { following } from './exchange.ts'
import { invalidOutput } from './failure.ts'

/** How long a provider may be listened to after a whole answer, so that its connection can be used again. */
export const LINGER_MS = 5_000

/** A streamed answer, and how it is let go of. */
export interface AnswerStream {
  response: TransportResponse
  /** Cuts the connection. */
  cut(): void
}

/** Opens a stream whose connection can be cut apart from the rest of the call. */
export async function openAnswer(
  connection: Connection,
  send: (connection: Connection) => Promise<TransportResponse>,
): Promise<AnswerStream> {
  const cutting = following(connection.signal)
  return { response: await send({ ...connection, signal: cutting.signal }), cut: () => cutting.abort() }
}

/** Reads what may still come and loses nothing by failing. */
export async function drain(chunks: AsyncIterator<Uint8Array>, cut: () => void): Promise<void> {
  const timer = setTimeout(cut, LINGER_MS)
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The answer is whole: what becomes of the connection is of no matter.
  } finally {
    clearTimeout(timer)
  }
}

export const END = { done: true, value: undefined } as const

/**
 * The events of a streamed answer, whole ones only, as many at once as have
 * come together. Once it is complete, nothing that happens to the connection
 * is a failure; whoever stops reading before that cuts it. No generator,
 * which would make promises of its own for every chunk.
 *
 * @throws TurnoutError invalid_output for an event without end
 */
export function answerEvents(
  { response, cut }: AnswerStream,
  isComplete: () => boolean,
  provider: string,
): AsyncIterableIterator<ServerSentEvent[]> {
  const chunks = response.body[Symbol.asyncIterator]()
  const framer = new EventFramer()
  let open = true
  const read = ({ done, value }: IteratorResult<Uint8Array, unknown>): IteratorResult<ServerSentEvent[]> => {
    if (done) {
      open = false
      return { value: framer.flush() }
    }
    const events = framer.push(value)
    if (framer.pending <= MOST_PENDING) return { value: events }
    cut()
    return fail(invalidOutput(provider, 'sent an endless event', response))
  }
  const fail = (error: unknown): typeof END => {
    open = false
    if (isComplete()) return END
    throw error
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => (open ? chunks.next().then(read, fail) : Promise.resolve(END)),
    return() {
      if (open && isComplete()) void drain(chunks, cut)
      else if (open) cut()
      open = false
      return Promise.resolve(END)
    },
  }
}
