import { crc32 } from 'node:zlib'
import { asBuffer } from '../../../lib/bytes.ts'

/** One message of `application/vnd.amazon.eventstream`. */
export interface AwsMessage {
  /** `event`, or a failure inside the stream: `exception` of the service's own kinds, `error` of any other. */
  kind: string
  /** Of an event its type, of a failure its name. */
  name: string
  body: Buffer
  /** What an `error` says; an exception says it in its body. */
  message: string | undefined
}

/** Length of the message, length of its headers, checksum of both. */
const PRELUDE = 12
/** At the end, of all that is before it. */
const CHECKSUM = 4
const LEAST = PRELUDE + CHECKSUM
/** AWS sends at most 24 MB with 128 KB of headers: more is a broken length, not a message to wait for. */
const MOST = 25_165_824 + 131_072 + LEAST

const STRING = 7
/** Bytes of a header's value by its type; undefined: two bytes say how many follow them. */
const SIZES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16]

/** The headers that say what a message is, in ASCII. */
const [KIND, EVENT, EXCEPTION, CODE, MESSAGE] = [
  ':message-type',
  ':event-type',
  ':exception-type',
  ':error-code',
  ':error-message',
].map((name) => Buffer.from(name)) as [Buffer, Buffer, Buffer, Buffer, Buffer]

/** Byte by byte: for so few bytes that is cheaper than any call. */
function isAt(bytes: Buffer, at: number, end: number, name: Buffer): boolean {
  if (end - at !== name.length) return false
  for (let i = 0; i < name.length; i += 1) if (bytes[at + i] !== name[i]) return false
  return true
}

/** Checks a whole frame and reads it. Its body stays where it is. @throws Error for a broken one */
function readFrame(frame: Buffer): AwsMessage {
  const prelude = crc32(frame.subarray(0, 8))
  const end = frame.length - CHECKSUM
  if (prelude !== frame.readUInt32BE(8)) throw new Error('a beginning that does not fit its checksum')
  if (crc32(frame.subarray(8, end), prelude) !== frame.readUInt32BE(end)) {
    throw new Error('a message that does not fit its checksum')
  }
  const body = PRELUDE + frame.readUInt32BE(4)
  if (body > end) throw new RangeError('headers that are longer than their message')
  let kind = 'event'
  let event: string | undefined
  let exception: string | undefined
  let code: string | undefined
  let message: string | undefined
  let at = PRELUDE
  while (at < body) {
    const name = at + 1
    const type = name + frame[at]!
    let value = type + 1
    let size = SIZES[frame[type]!]
    if (size === undefined) {
      if (frame[type]! >= SIZES.length) throw new RangeError('a header of an unknown type')
      size = frame.readUInt16BE(value)
      value += 2
    }
    at = value + size
    if (at > body) throw new RangeError('a header that is longer than all headers')
    if (frame[type] !== STRING) continue
    if (isAt(frame, name, type, KIND)) kind = frame.toString('utf8', value, at)
    else if (isAt(frame, name, type, EVENT)) event = frame.toString('utf8', value, at)
    else if (isAt(frame, name, type, EXCEPTION)) exception = frame.toString('utf8', value, at)
    else if (isAt(frame, name, type, CODE)) code = frame.toString('utf8', value, at)
    else if (isAt(frame, name, type, MESSAGE)) message = frame.toString('utf8', value, at)
  }
  return { kind, name: event ?? exception ?? code ?? '', body: frame.subarray(body, end), message }
}

/**
 * Reads whole messages, however the network cut them. A long one is put together once.
 * Its tests hold it to the codec of the AWS SDK.
 */
export class FrameReader {
  #waiting: Buffer[] = []
  #size = 0
  #wanted = LEAST

  /**
   * The messages that are whole by now; of a broken one and of what comes
   * after it, nothing.
   *
   * @throws Error for a broken one, once those before it have been given out
   */
  push(chunk: Uint8Array, messages: AwsMessage[]): void {
    this.#waiting.push(asBuffer(chunk))
    this.#size += chunk.byteLength
    if (this.#size < this.#wanted) return
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#wanted = LEAST
    let start = 0
    while (bytes.length - start >= LEAST) {
      const length = bytes.readUInt32BE(start)
      if (length < LEAST || length > MOST) throw new RangeError(`a message of ${length} bytes`)
      this.#wanted = length
      if (bytes.length - start < length) break
      messages.push(readFrame(bytes.subarray(start, start + length)))
      start += length
      this.#wanted = LEAST
    }
    this.#size = bytes.length - start
    if (this.#size > 0) this.#waiting.push(start === 0 ? bytes : bytes.subarray(start))
  }
}
