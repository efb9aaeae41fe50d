import type { TextAdapter, Transport } from 'turnout/src/core/adapter.ts'
import type { TextCall } from 'turnout/src/core/text.ts'
import type { Contest, TextOutcome } from './contest.ts'
import { type Access, connect, Memory } from './memory.ts'

/** How many events a streamed answer has. */
export const EVENTS = 200
/** How many of them come together where they come bunched. */
const BUNCH = 20

/** What a stream yields by hand: text, and at last the counts. */
export type Yielded = string | Omit<TextOutcome, 'text'>

/** One protocol of text: the adapter that speaks it, and the same by hand. */
export interface TextSpeaker {
  name: string
  adapter: TextAdapter
  access: Access
  call: TextCall
  /** Of a whole answer and of a streamed one. */
  headers: { whole: Record<string, string>; streamed: Record<string, string> }
  answer: Buffer
  events: readonly Buffer[]
  /** What a programmer would write who needs this one call and nothing else. */
  generate(transport: Transport, signal: AbortSignal): Promise<TextOutcome>
  stream(transport: Transport, signal: AbortSignal): AsyncIterable<Yielded>
}

const bunched = (events: readonly Buffer[]): Buffer[] =>
  Array.from({ length: Math.ceil(events.length / BUNCH) }, (_, i) =>
    Buffer.concat(events.slice(i * BUNCH, (i + 1) * BUNCH)),
  )

function wholeContest({ name, adapter, access, call, headers, answer, generate }: TextSpeaker): Contest {
  const whole = { headers: headers.whole, pieces: [answer] }
  const provider = new Memory(() => whole)
  return {
    what: `${name}: a call`,
    per: 1,
    provider,
    async adapter(signal) {
      const { text, usage } = await adapter.generate(call, connect(access, provider.transport, signal))
      return { text, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
    },
    byHand: (signal) => generate(provider.transport, signal),
  }
}

function streamContest(speaker: TextSpeaker, manner: string, pieces: readonly Buffer[]): Contest {
  const { name, adapter, access, call, headers, events, stream } = speaker
  const streamed = { headers: headers.streamed, pieces }
  const provider = new Memory(() => streamed)
  return {
    what: `${name}: a chunk, ${manner}`,
    per: events.length,
    provider,
    async adapter(signal) {
      let text = ''
      let outcome: TextOutcome = { text, inputTokens: undefined, outputTokens: undefined }
      for await (const part of adapter.stream(call, connect(access, provider.transport, signal))) {
        if (part.type === 'text-delta') text += part.text
        else if (part.type === 'finish') {
          const { inputTokens, outputTokens } = part.usage
          outcome = { text, inputTokens, outputTokens }
        }
      }
      return outcome
    },
    async byHand(signal) {
      let text = ''
      let outcome: TextOutcome = { text, inputTokens: undefined, outputTokens: undefined }
      for await (const part of stream(provider.transport, signal)) {
        if (typeof part === 'string') text += part
        else outcome = { text, ...part }
      }
      return outcome
    },
  }
}

/** A whole answer, and a stream whose events come one by one or bunched. */
export const textContests = (speaker: TextSpeaker): Contest[] => [
  wholeContest(speaker),
  streamContest(speaker, 'chunks alone', speaker.events),
  streamContest(speaker, 'bunched', bunched(speaker.events)),
]
