import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection, TextAdapter } from 'turnout/src/core/adapter.ts'
import type { ContentPart, TextCall, TextPart, ToolCall } from 'turnout/src/core/text.ts'
import type { Contest, TextOutcome } from './contest.ts'
import { type Access, connect, Memory } from './memory.ts'

/** How many events a streamed answer has. */
export const EVENTS = 200
/** How many of them come together where they come bunched. */
const BUNCH = 20

/** What is read of an answer by hand. */
export interface Answered extends TextOutcome {
  toolCalls: ToolCall[]
}

/** What a stream yields by hand. */
export type Yielded =
  | { type: 'text-delta'; text: string }
  | Extract<TextPart, { type: 'tool-call-delta' }>
  | { type: 'finish'; reason: FinishReason; usage: Usage }

/** Text and tools of one protocol, as a programmer would write them who needs no more than that. */
export interface TextByHand {
  generate(call: TextCall, connection: Connection): Promise<Answered>
  stream(call: TextCall, connection: Connection): AsyncIterable<Yielded>
}

/** One protocol of text: the adapter that speaks it, and the same by hand. */
export interface TextSpeaker {
  name: string
  adapter: TextAdapter
  byHand: TextByHand
  access: Access
  call: TextCall
  /** Of a whole answer and of a streamed one. */
  headers: { whole: Record<string, string>; streamed: Record<string, string> }
  answer: Buffer
  events: readonly Buffer[]
}

/** What is said in words; pictures are for those who need them. */
export const wordsOf = (content: readonly ContentPart[]): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('')

const bunched = (events: readonly Buffer[]): Buffer[] =>
  Array.from({ length: Math.ceil(events.length / BUNCH) }, (_, i) =>
    Buffer.concat(events.slice(i * BUNCH, (i + 1) * BUNCH)),
  )

function wholeContest({ name, adapter, byHand, access, call, headers, answer }: TextSpeaker): Contest {
  const whole = { headers: headers.whole, pieces: [answer] }
  const provider = new Memory(() => whole)
  const by = (side: Pick<TextByHand, 'generate'> | TextAdapter) => async (connection: Connection) => {
    const { text, reason, usage } = await side.generate(call, connection)
    return { text, reason, usage }
  }
  return {
    what: `${name}: a call`,
    per: 1,
    provider,
    connect: (signal) => connect(access, provider.transport, signal),
    adapter: by(adapter),
    byHand: by(byHand),
  }
}

/** The text of a stream, and how it ended. */
async function gather(parts: AsyncIterable<TextPart | Yielded>): Promise<TextOutcome> {
  let text = ''
  for await (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    else if (part.type === 'finish') return { text, reason: part.reason, usage: part.usage }
  }
  throw new Error('the stream has no end')
}

function streamContest(speaker: TextSpeaker, manner: string, pieces: readonly Buffer[]): Contest {
  const { name, adapter, byHand, access, call, headers, events } = speaker
  const streamed = { headers: headers.streamed, pieces }
  const provider = new Memory(() => streamed)
  return {
    what: `${name}: a chunk, ${manner}`,
    per: events.length,
    provider,
    connect: (signal) => connect(access, provider.transport, signal),
    adapter: (connection) => gather(adapter.stream(call, connection)),
    byHand: (connection) => gather(byHand.stream(call, connection)),
  }
}

/** A whole answer, and a stream whose events come one by one or bunched. */
export const textContests = (speaker: TextSpeaker): Contest[] => [
  wholeContest(speaker),
  streamContest(speaker, 'chunks alone', speaker.events),
  streamContest(speaker, 'bunched', bunched(speaker.events)),
]
