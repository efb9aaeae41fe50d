/** What a `MessageReader` tells about the messages of one connection. */
export interface MessageEvents {
  /** @param head Start line and headers, without the blank line. */
  head(head: string): void
  /** A piece of the body, without the framing of the transfer. */
  data(bytes: Buffer): void
  end(): void
}

type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

const LINE_END = '\r\n'
const HEAD_END = '\r\n\r\n'

/**
 * Reads HTTP/1.1 messages of either direction off a connection (RFC 9112),
 * with as little work as two programs need that know each other: a message
 * has a content-length, is chunked, or has no body.
 */
export class MessageReader {
  readonly #events: MessageEvents
  #state: State = 'head'
  /** Bytes of the body or of the chunk that are still to come. */
  #left = 0
  #rest: Buffer | undefined

  constructor(events: MessageEvents) {
    this.#events = events
  }

  push(arrived: Buffer): void {
    const bytes = this.#rest === undefined ? arrived : Buffer.concat([this.#rest, arrived])
    this.#rest = undefined
    let at = 0
    while (at < bytes.length) {
      const next = this.#left > 0 ? this.#body(bytes, at) : this.#line(bytes, at)
      if (next === -1) {
        this.#rest = bytes.subarray(at)
        return
      }
      at = next
    }
  }

  #body(bytes: Buffer, at: number): number {
    const stop = Math.min(bytes.length, at + this.#left)
    this.#left -= stop - at
    this.#events.data(at === 0 && stop === bytes.length ? bytes : bytes.subarray(at, stop))
    if (this.#left === 0) {
      if (this.#state === 'sized') this.#end()
      else this.#state = 'chunk-end'
    }
    return stop
  }

  /** @returns where the line ends, or -1 when it is not whole yet */
  #line(bytes: Buffer, at: number): number {
    const mark = this.#state === 'head' ? HEAD_END : LINE_END
    const stop = bytes.indexOf(mark, at, 'latin1')
    if (stop === -1) return -1
    const line = bytes.toString('latin1', at, stop)
    if (this.#state === 'head') this.#head(line)
    else if (this.#state === 'chunk-size') {
      this.#left = Number.parseInt(line, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'chunk'
    } else if (this.#state === 'chunk-end') this.#state = 'chunk-size'
    else if (line === '') this.#end()
    return stop + mark.length
  }

  #head(head: string): void {
    this.#events.head(head)
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#state = 'chunk-size'
      return
    }
    this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#left === 0) this.#end()
    else this.#state = 'sized'
  }

  #end(): void {
    this.#state = 'head'
    this.#events.end()
  }
}
