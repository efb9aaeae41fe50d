import { type AnswerStream, drain, END } from '../answer-events.ts'
import { invalidOutput } from '../failure.ts'
import { type AwsMessage, FrameReader } from './event-frames.ts'

/**
 * The messages of a streamed answer, whole ones only, as many at once as have
 * come together. Once the answer is complete, nothing that happens to the
 * connection is a failure; whoever stops reading before that cuts it. That the
 * bytes end in the midst of a message is not told: whether the answer is
 * complete is for its reader to say. No generator, which would make promises
 * of its own for every chunk.
 *
 * @throws TurnoutError invalid_output for a broken message
 */
export function awsMessages(
  { response, cut }: AnswerStream,
  isComplete: () => boolean,
  provider: string,
): AsyncIterableIterator<AwsMessage[]> {
  const chunks = response.body[Symbol.asyncIterator]()
  const frames = new FrameReader()
  let open = true
  /** Found behind messages that are given out before it. */
  let broken: Error | undefined
  const letGo = () => {
    if (open && isComplete()) void drain(chunks, cut)
    else if (open) cut()
    open = false
  }
  const fail = (error: unknown): typeof END => {
    letGo()
    if (isComplete()) return END
    throw error
  }
  const failBroken = ({ message }: Error): typeof END =>
    fail(invalidOutput(provider, `sent a broken event stream (${message})`, response))
  const read = ({ done, value }: IteratorResult<Uint8Array, unknown>): IteratorResult<AwsMessage[]> => {
    if (done) {
      open = false
      return END
    }
    const messages: AwsMessage[] = []
    try {
      frames.push(value, messages)
    } catch (error) {
      broken = error as Error
      if (messages.length === 0) return failBroken(broken)
    }
    return { value: messages }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      if (!open) return Promise.resolve(END)
      return broken ? Promise.resolve(broken).then(failBroken) : chunks.next().then(read, fail)
    },
    return() {
      letGo()
      return Promise.resolve(END)
    },
  }
}
