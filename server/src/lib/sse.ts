const LF = 10
const CR = 13
const SPACE = 32

/** Where the blank line that ends an event stops, seen from `from`; -1 when the event is not whole yet. */
function eventEnd(bytes: Buffer, from: number): number {
  for (let i = bytes.indexOf(LF, from); i !== -1; i = bytes.indexOf(LF, i + 1)) {
    if (bytes[i + 1] === LF) return i + 2
    if (bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3
  }
  return -1
}

/** One Server-Sent Event: its name, its data, and where it lies in the bytes that were pushed. */
export interface ServerSentEvent {
  start: number
  end: number
  /** Empty where the stream names none. */
  name: string
  /** Undefined for a comment or an event without data. */
  data: string | undefined
}

const DATA = Buffer.from('data:')
const EVENT = Buffer.from('event:')

/** Byte by byte: for five bytes that is cheaper than any call. */
function startsWith(bytes: Buffer, at: number, field: Buffer): boolean {
  for (let i = 0; i < field.length; i += 1) if (bytes[at + i] !== field[i]) return false
  return true
}

/** Reads the event that lies in `bytes` from `start` to `end`, its blank line included. */
function readEvent(bytes: Buffer, start: number, end: number): ServerSentEvent {
  let name = ''
  let data: string | undefined
  let line = start
  while (line < end) {
    let stop = bytes.indexOf(LF, line)
    if (stop === -1 || stop >= end) stop = end
    const next = stop + 1
    if (stop > line && bytes[stop - 1] === CR) stop -= 1
    if (startsWith(bytes, line, DATA)) {
      const from = bytes[line + 5] === SPACE ? line + 6 : line + 5
      const text = bytes.toString('utf8', from, stop)
      data = data === undefined ? text : `${data}\n${text}`
    } else if (startsWith(bytes, line, EVENT)) {
      name = bytes.toString('utf8', bytes[line + 6] === SPACE ? line + 7 : line + 6, stop)
    }
    line = next
  }
  return { start, end, name, data }
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

  push(chunk: Buffer): ServerSentEvent[] {
    let bytes: Buffer = chunk
    let scanFrom = 0
    if (this.#size > 0) {
      if (eventEnd(Buffer.concat([this.#tail, chunk]), 0) === -1) {
        this.#wait(chunk)
        return []
      }
      scanFrom = this.#size - this.#tail.length
      bytes = Buffer.concat([...this.#waiting, chunk])
      this.#waiting = []
      this.#size = 0
    }
    this.bytes = bytes
    const events: ServerSentEvent[] = []
    let start = 0
    for (let end = eventEnd(bytes, scanFrom); end !== -1; end = eventEnd(bytes, start)) {
      events.push(readEvent(bytes, start, end))
      start = end
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
