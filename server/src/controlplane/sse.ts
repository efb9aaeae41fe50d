import { Readable } from 'node:stream'
import type { TextEvent } from '@turnout/contract'
import type { FastifyReply } from 'fastify'
import { TurnoutError } from '../core/error.ts'

/** One Server-Sent Event. JSON has no line breaks of its own, so one `data` line holds it. */
const frame = (event: TextEvent) => `data: ${JSON.stringify(event)}\n\n`

/** The stream as text; `[DONE]` follows only on an answer that is complete. */
async function* frames(
  first: TextEvent,
  rest: AsyncIterator<TextEvent>,
  reply: FastifyReply,
): AsyncGenerator<string, void> {
  try {
    for (let event: TextEvent | undefined = first; event; ) {
      yield frame(event)
      if ('error' in event) return
      const next: IteratorResult<TextEvent> = await rest.next()
      event = next.done ? undefined : next.value
    }
    yield 'data: [DONE]\n\n'
  } catch (thrown) {
    const { id, log } = reply.request
    const { code, message } = TurnoutError.from(thrown)
    if (code === 'internal') log.error({ err: thrown }, 'a text stream failed')
    yield frame({ error: { code, message, requestId: id } })
  } finally {
    await rest.return?.()
  }
}

/**
 * Answers with Server-Sent Events. Nothing is sent before the first event is
 * there, so that a failure until then is an ordinary one; no more is taken from
 * the events than the client has read.
 */
export async function sendEvents(reply: FastifyReply, events: AsyncIterable<TextEvent>): Promise<FastifyReply> {
  const iterator = events[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) throw new TurnoutError('invalid_output', 'The model gave an answer without content.')
  reply.header('content-type', 'text/event-stream; charset=utf-8')
  // Reverse proxies that collect answers would hold the events back.
  reply.header('x-accel-buffering', 'no')
  return reply.send(Readable.from(frames(first.value, iterator, reply)))
}
