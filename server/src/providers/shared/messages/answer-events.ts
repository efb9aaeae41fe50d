import type { Connection, TransportResponse } from '../../../core/adapter.ts'
import { EventFramer, type ServerSentEvent } from '../../../lib/sse.ts'

/** How long a provider may be listened to after a whole answer, so that its connection can be used again. */
const LINGER_MS = 5_000

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
  const cutting = new AbortController()
  const signal = AbortSignal.any([connection.signal, cutting.signal])
  return { response: await send({ ...connection, signal }), cut: () => cutting.abort() }
}

/** Reads what may still come and loses nothing by failing. */
async function drain(chunks: AsyncIterator<Uint8Array>, cut: () => void): Promise<void> {
  const timer = setTimeout(cut, LINGER_MS)
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The answer is whole: what becomes of the connection is of no matter.
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The events of a streamed answer, whole ones only, as many at once as have
 * come together. Once it is complete, nothing
 * that happens to the connection is a failure; whoever stops reading before
 * that cuts it.
 */
export async function* answerEvents(
  { response, cut }: AnswerStream,
  isComplete: () => boolean,
): AsyncIterable<ServerSentEvent[]> {
  const chunks = response.body[Symbol.asyncIterator]()
  const framer = new EventFramer()
  let open = true
  try {
    for (;;) {
      const { done, value } = await chunks.next()
      if (done) break
      yield framer.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
    }
    open = false
    yield framer.flush()
  } catch (error) {
    open = false
    if (!isComplete()) throw error
  } finally {
    if (open && isComplete()) void drain(chunks, cut)
    else if (open) cut()
  }
}
