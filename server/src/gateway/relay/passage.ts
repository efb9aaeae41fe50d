import { ChunkOutput } from '../../core/openai/chat-output.ts'
import { SkimmingChatReader } from '../../core/openai/skim.ts'
import { ChatStreamReader, ImageStreamReader, type StreamReader } from '../../core/openai/stream.ts'
import { EventFramer, type ServerSentEvent } from '../../lib/sse.ts'
import { noteShown } from './note.ts'
import type { RelayCall } from './types.ts'

/** What a piece of a stream came to. */
export interface Passed {
  /** The bytes that are to go on. */
  pieces: readonly Buffer[]
  /** Something that the client waits for is among them. */
  content: boolean
  /** Present where nothing after them is of interest: the end marker, an error, damage, or a form that was not asked for. */
  end?: 'complete' | 'error' | 'broken' | 'unfit' | undefined
}

const NOTHING: Passed = { pieces: [], content: false }

/** The way of a stream through the relay: its events are cut out of the bytes and read, and their bytes go on as they are. */
export class Passage {
  /** Knows what the stream has brought. */
  readonly reader: StreamReader
  /** What is wrong with the form of the answer, where a piece ended as `unfit`. */
  problem = ''
  readonly #call: RelayCall
  readonly #framer = new EventFramer()
  readonly #skimmer: SkimmingChatReader | undefined
  /** Holds an answer against the form that was asked for. */
  readonly #misfit: (() => string | undefined) | undefined

  constructor(call: RelayCall) {
    this.#call = call
    const { operation, choices, output, review } = call
    if (operation !== 'chat') this.reader = new ImageStreamReader()
    // What is judged before it is shown may be repaired first.
    else if (output && !review) {
      const reader = new ChatStreamReader(choices)
      const watch = new ChunkOutput(output)
      this.reader = reader
      this.#misfit = () => watch.read(reader.chunk)
    } else {
      this.#skimmer = new SkimmingChatReader(choices)
      this.reader = this.#skimmer
    }
  }

  /** How many bytes wait for the rest of their event. */
  get pending(): number {
    return this.#framer.pending
  }

  push(bytes: Buffer): Passed {
    return this.#isMoreOfTheSame(bytes) ? { pieces: [bytes], content: true } : this.#read(this.#framer.push(bytes))
  }

  /** What the stream ended with, where it ended in the middle of an event. */
  flush(): Passed {
    return this.#read(this.#framer.flush())
  }

  /** Whether these are whole events of content, which is seen without cutting and reading them. */
  #isMoreOfTheSame(bytes: Buffer): boolean {
    const skimmer = this.#skimmer
    if (skimmer === undefined || this.#framer.pending > 0) return false
    const { shown } = this.#call
    if (shown === undefined) return skimmer.skim(bytes)
    const texts: string[] = []
    if (!skimmer.skim(bytes, texts)) return false
    for (const text of texts) shown.addText(text)
    return true
  }

  /** All events in one piece, where none must be left out. */
  #read(events: readonly ServerSentEvent[]): Passed {
    if (events.length === 0) return NOTHING
    const { bytes } = this.#framer
    const { hideUsage, shown } = this.#call
    const pieces: Buffer[] = []
    let from = events[0]!.start
    let content = false
    let end: Passed['end']
    for (const event of events) {
      const kind = this.reader.read(event)
      if (kind === 'content') {
        content = true
        const problem = this.#misfit?.()
        if (problem !== undefined) {
          this.problem = problem
          if (event.start > from) pieces.push(bytes.subarray(from, event.start))
          end = 'unfit'
          break
        }
        if (shown) noteShown(shown, this.reader)
      }
      if (kind === 'content' || kind === 'preamble' || (kind === 'usage' && !hideUsage)) continue
      if (event.start > from) pieces.push(bytes.subarray(from, event.start))
      from = event.end
      if (kind === 'done' || kind === 'error' || kind === 'broken') {
        end = kind === 'done' ? 'complete' : kind
        break
      }
    }
    const last = events.at(-1)!.end
    if (end === undefined && from < last) {
      pieces.push(from === 0 && last === bytes.length ? bytes : bytes.subarray(from, last))
    }
    return { pieces, content, end }
  }
}
