import type { ServerSentEvent } from '../../lib/sse.ts'
import { ChatStreamReader, type EventKind } from './stream.ts'

/** Strings that differ from chunk to chunk: the text, and the random padding that OpenAI adds. */
const DIFFERING = /"(?:content|obfuscation)": ?"(?:[^"\\]|\\.)*"/g
/** A stream whose chunks still differ otherwise after so many is read chunk by chunk. */
const MAX_LESSONS = 4
const QUOTE = 0x22
const BACKSLASH = 0x5c
const FIRST_PRINTABLE = 0x20

function holds(bytes: Buffer, at: number, literal: Buffer): boolean {
  if (at + literal.length > bytes.length) return false
  for (let i = 0; i < literal.length; i += 1) if (bytes[at + i] !== literal[i]) return false
  return true
}

/** Where a JSON string ends that is not empty and says what it says without escapes; -1 where it is another one. */
function plainEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at > start ? at : -1
    if (byte === BACKSLASH || byte < FIRST_PRINTABLE) return -1
  }
  return -1
}

/** What stands before the data of an event and after it; undefined where it was written in another way. */
function frameOf({ start, end }: ServerSentEvent, data: string): [string, string] | undefined {
  const around = end - start - Buffer.byteLength(data)
  if (around === 'data: \n\n'.length) return ['data: ', '\n\n']
  return around === 'data:\n\n'.length ? ['data:', '\n\n'] : undefined
}

/**
 * Reads `chat.completion.chunk` events for a relay that passes their bytes on.
 * Nearly all chunks of a stream are the same but for their text. Where that is
 * so, one is known to be whole by comparing its bytes with the last that was
 * parsed, which takes a tenth of the time of cutting and parsing it and lets
 * nothing pass that parsing would not.
 */
export class SkimmingChatReader extends ChatStreamReader {
  /** What stands before, between and behind the strings that differ. */
  #literals: readonly Buffer[] = []
  /** Which of these strings is the text. */
  #textAt = 0
  #lessons = 0

  override read(event: ServerSentEvent): EventKind {
    const { finish } = this
    const kind = super.read(event)
    if (kind === 'content' && finish === this.finish && this.#lessons < MAX_LESSONS) this.#learn(event)
    return kind
  }

  /**
   * Whether the bytes, which begin where an event does, are whole events of
   * content that differ from the one that was parsed in their text alone: then
   * they need not be read, and `chunk` stays an older one.
   *
   * @param texts Gets the text of each; says nothing where the answer is no.
   */
  skim(bytes: Buffer, texts?: string[]): boolean {
    if (this.#literals.length === 0) return false
    let at = 0
    while (at !== -1 && at < bytes.length) at = this.#endOfAlike(bytes, at, texts)
    return at !== -1
  }

  /** Where an event that is alike ends; -1 where it is not. */
  #endOfAlike(bytes: Buffer, start: number, texts: string[] | undefined): number {
    const literals = this.#literals
    let at = start
    for (let i = 0; i < literals.length; i += 1) {
      const literal = literals[i]!
      if (i > 0) {
        const end = plainEnd(bytes, at)
        if (end === -1) return -1
        if (i === this.#textAt) texts?.push(bytes.toString('utf8', at, end))
        at = end
      }
      if (!holds(bytes, at, literal)) return -1
      at += literal.length
    }
    return at
  }

  #learn(event: ServerSentEvent): void {
    const { choices, usage } = this.chunk
    const content = choices?.[0]?.delta?.content
    if (choices?.length !== 1 || usage || typeof content !== 'string' || content === '') return
    this.#lessons += 1
    const data = event.data!
    const frame = event.name === '' ? frameOf(event, data) : undefined
    if (frame === undefined) return
    const literals: string[] = []
    const texts: number[] = []
    let from = 0
    for (const { 0: found, index } of data.matchAll(DIFFERING)) {
      if (found.startsWith('"content"')) texts.push(literals.length + 1)
      const opening = index + found.indexOf('"', found.indexOf(':')) + 1
      literals.push(data.slice(from, opening))
      from = index + found.length - 1
    }
    if (texts.length !== 1) return
    literals[0] = frame[0] + literals[0]
    this.#literals = [...literals, data.slice(from) + frame[1]].map((literal) => Buffer.from(literal))
    this.#textAt = texts[0]!
  }
}
