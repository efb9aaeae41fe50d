import { invalidOutput } from '../failure.ts'
import type { AnswerStream } from '../messages/answer-events.ts'
import { type AwsMessage, FrameReader, loadCodec } from './event-frames.ts'

/** How long AWS may be listened to after a whole answer, so that its connection can be used again. */
const LINGER_MS = 5_000

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
 * The messages of a streamed answer, whole ones only, as many at once as have
 * come together. Once the answer is complete, nothing that happens to the
 * connection is a failure; whoever stops reading before that cuts it. That the
 * bytes end in the midst of a message is not told: whether the answer is
 * complete is for its reader to say.
 *
 * @throws TurnoutError invalid_output for a broken message
 */
export async function* awsMessages(
  { response, cut }: AnswerStream,
  isComplete: () => boolean,
  provider: string,
): AsyncIterable<AwsMessage[]> {
  const chunks = response.body[Symbol.asyncIterator]()
  let open = true
  try {
    const frames = new FrameReader(await loadCodec())
    for (;;) {
      const { done, value } = await chunks.next()
      if (done) break
      const messages: AwsMessage[] = []
      const broken = readInto(messages, frames, value)
      if (messages.length > 0) yield messages
      if (broken) throw invalidOutput(provider, `sent a broken event stream (${broken.message})`, response)
    }
    open = false
  } catch (error) {
    if (isComplete()) return
    throw error
  } finally {
    if (open && isComplete()) void drain(chunks, cut)
    else if (open) cut()
  }
}

/** What is wrong with the bytes; messages before that have been read. */
function readInto(messages: AwsMessage[], frames: FrameReader, chunk: Uint8Array): Error | undefined {
  try {
    frames.push(chunk, messages)
    return undefined
  } catch (error) {
    return error as Error
  }
}
