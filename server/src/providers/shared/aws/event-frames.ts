import type { EventStreamCodec } from '@smithy/eventstream-codec'

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

/** Length of the message, length of its headers, checksum of both; and at the end the checksum of all. */
const LEAST = 16
/** AWS sends at most 24 MB with 128 KB of headers: more is a broken length, not a message to wait for. */
const MOST = 25_165_824 + 131_072 + LEAST

const toText = (bytes: unknown): string => asBuffer(bytes as Uint8Array).toString('utf8')
const fromText = (text: string): Uint8Array => Buffer.from(text, 'utf8')

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

let codec: Promise<EventStreamCodec> | undefined

/** Source: AWS event stream encoding; @smithy/eventstream-codec does the checksums and the headers. */
export function loadCodec(): Promise<EventStreamCodec> {
  codec ??= import('@smithy/eventstream-codec').then(({ EventStreamCodec: Codec }) => new Codec(toText, fromText))
  return codec
}

/** Reads whole messages, however the network cut them. A long one is put together once. */
export class FrameReader {
  readonly #codec: EventStreamCodec
  #waiting: Buffer[] = []
  #size = 0
  #wanted = LEAST

  constructor(decoder: EventStreamCodec) {
    this.#codec = decoder
  }

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
    let bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#wanted = LEAST
    while (bytes.length >= LEAST) {
      const length = bytes.readUInt32BE(0)
      if (length < LEAST || length > MOST) throw new RangeError(`a message of ${length} bytes`)
      this.#wanted = length
      if (bytes.length < length) break
      messages.push(this.#read(bytes.subarray(0, length)))
      bytes = bytes.subarray(length)
      this.#wanted = LEAST
    }
    this.#size = bytes.length
    if (bytes.length > 0) this.#waiting.push(bytes)
  }

  #read(frame: Buffer): AwsMessage {
    const { headers, body } = this.#codec.decode(frame)
    const header = (name: string): string | undefined => headers[name]?.value?.toString()
    return {
      kind: header(':message-type') ?? 'event',
      name: header(':event-type') ?? header(':exception-type') ?? header(':error-code') ?? '',
      body: asBuffer(body),
      message: header(':error-message'),
    }
  }
}
