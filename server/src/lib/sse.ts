import { asBuffer } from './bytes.ts'

const LF = 10
const CR = 13
const SPACE = 32

/** Whether a blank line is among the bytes, which ends an event. */
function hasEnd(bytes: Buffer): boolean {
  for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, i + 1)) {
    if (bytes[i + 1] === LF || (bytes[i + 1] === CR && bytes[i + 2] === LF)) return true
  }
  return false
}

/** Bytes of an event that has not ended. What waits for longer ones waits for something that has no end. */
export const MOST_PENDING = 64 * 1024 * 1024

/** One Server-Sent Event: its name, its data, and where it lies in the bytes that were pushed. */
export interface ServerSentEvent {
  start: number
  end: number
  /** Empty where the stream names none. */
  name: string
  /** Undefined for a comment or an event without data. */
  data: string | undefined
}

const DATA = 'data:'
const EVENT = 'event:'

/** Bytes, and the same as text in which places are the same: one character for each byte. */
interface Decoded {
  bytes: Buffer
  text: string
  /** Whether the text says what the bytes say, which is so where all of it is ASCII. */
  isTrue: boolean
}

function decode(bytes: Buffer): Decoded {
  const text = bytes.toString('utf8')
  // A character that takes several bytes makes the text shorter than them.
  const isTrue = text.length === bytes.length
  return { bytes, text: isTrue ? text : bytes.toString('latin1'), isTrue }
}

function textAt({ bytes, text, isTrue }: Decoded, from: number, to: number): string {
  const start = text.charCodeAt(from) === SPACE ? from + 1 : from
  // To cut a string costs less than to ask the bytes for one again.
  return isTrue ? text.slice(start, to) : bytes.toString('utf8', start, to)
}

/** Reads the event that begins at `start`; undefined while the blank line that ends it has not come. */
function readEvent(decoded: Decoded, start: number): ServerSentEvent | undefined {
  const { text } = decoded
  let name = ''
  let data: string | undefined
  for (let line = start, lf = text.indexOf('\n', line); lf !== -1; line = lf + 1, lf = text.indexOf('\n', line)) {
    const stop = lf > line && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf
    // A blank line before the event is none that ends it.
    if (stop === line && line > start) return { start, end: lf + 1, name, data }
    if (text.startsWith(DATA, line)) {
      const more = textAt(decoded, line + DATA.length, stop)
      data = data === undefined ? more : `${data}\n${more}`
    } else if (text.startsWith(EVENT, line)) name = textAt(decoded, line + EVENT.length, stop)
  }
  return undefined
}

/** The longest end of an event, a blank line with carriage returns, less its last byte. */
const OVERLAP = 3

/**
 * Cuts a byte stream into whole Server-Sent Events, however the network cut
 * it: what is not yet whole waits for more, so that neither half an event nor
 * half a character is ever handed on. Pieces of a long event are put together
 * once, when it ends.
 */
export class EventFramer {
  #waiting: Buffer[] = []
  #size = 0
  /** The last bytes that wait. */
  #tail: Buffer = Buffer.alloc(0)
  /** The bytes that the events of the last `push` point into. */
  bytes: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): ServerSentEvent[] {
    let bytes = asBuffer(chunk)
    if (this.#size > 0) {
      if (!hasEnd(Buffer.concat([this.#tail, chunk]))) {
        this.#wait(bytes)
        return []
      }
      bytes = Buffer.concat([...this.#waiting, chunk])
      this.#waiting = []
      this.#size = 0
    }
    this.bytes = bytes
    const events: ServerSentEvent[] = []
    const decoded = decode(bytes)
    let start = 0
    for (let event = readEvent(decoded, 0); event; event = readEvent(decoded, start)) {
      events.push(event)
      start = event.end
    }
    if (start < bytes.length) this.#wait(start === 0 ? bytes : bytes.subarray(start))
    return events
  }

  /** How many bytes wait for the rest of their event. */
  get pending(): number {
    return this.#size
  }

  /** What the stream ended with, where it ended without a blank line. */
  flush(): ServerSentEvent[] {
    return this.#size === 0 ? [] : this.push(Buffer.from('\n\n'))
  }

  #wait(piece: Buffer): void {
    const end = this.#size === 0 || piece.length >= OVERLAP ? piece : Buffer.concat([this.#tail, piece])
    this.#tail = end.subarray(Math.max(0, end.length - OVERLAP))
    this.#waiting.push(piece)
    this.#size += piece.length
  }
}

/** How an answer says in its header that it comes as events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** Whether an answer comes as events, by its header. */
export const isEventStream = (contentType: string | string[] | undefined): boolean =>
  contentType !== undefined && String(contentType).toLowerCase().startsWith('text/event-stream')
