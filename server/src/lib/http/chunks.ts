import type { ServerResponse } from 'node:http'

/** Larger pieces are not copied into their frame: they would not come out of the pool of small buffers. */
const COPIED_BYTES = 3 * 1024
const DIGITS = Buffer.from('0123456789abcdef')
const CARRIAGE_RETURN = 13
const LINE_FEED = 10
const LINE_END = Buffer.of(CARRIAGE_RETURN, LINE_FEED)

/** A piece as one chunk of the chunked transfer coding (RFC 9112, section 7.1). */
function framed(piece: Buffer): Buffer {
  const { length } = piece
  const digits = length < 16 ? 1 : length < 256 ? 2 : 3
  const start = digits + 2
  const end = start + length
  const frame = Buffer.allocUnsafe(end + 2)
  for (let at = digits - 1, rest = length; at >= 0; at -= 1, rest >>= 4) frame[at] = DIGITS[rest & 15]!
  frame[digits] = CARRIAGE_RETURN
  frame[digits + 1] = LINE_FEED
  frame.set(piece, start)
  frame[end] = CARRIAGE_RETURN
  frame[end + 1] = LINE_FEED
  return frame
}

/**
 * The body of a response that is sent piece by piece. Node itself makes four
 * writes of every chunk, one of them of text, and gathers them; here a chunk is
 * framed first and is one write. What one turn brings goes out together.
 */
export class ChunkedBody {
  readonly #response: ServerResponse
  /** HTTP/1.0 knows no chunks: there the end of the connection ends the body. */
  readonly #isChunked: boolean
  #corked = false
  readonly #uncork = (): void => {
    this.#corked = false
    this.#response.uncork()
  }

  /** @param response Its head has been written, without a content-length. */
  constructor(response: ServerResponse) {
    this.#response = response
    this.#isChunked = response.chunkedEncoding
    response.chunkedEncoding = false
  }

  /** @returns false where the client should be given time to read; the response tells of it by `drain` */
  write(piece: Buffer): boolean {
    const response = this.#response
    if (!this.#corked) {
      this.#corked = true
      response.cork()
      process.nextTick(this.#uncork)
    }
    // A chunk of no bytes would be the last one.
    if (!this.#isChunked || piece.length === 0) return response.write(piece)
    if (piece.length <= COPIED_BYTES) return response.write(framed(piece))
    response.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    response.write(piece)
    return response.write(LINE_END)
  }

  /**
   * @param last The last piece; it may be empty.
   * @param trailers Are told after the body where the protocol has them.
   */
  end(last: string, trailers: Readonly<Record<string, string>> = {}): void {
    if (!this.#isChunked) {
      this.#response.end(last)
      return
    }
    let text = last === '' ? '0\r\n' : `${Buffer.byteLength(last).toString(16)}\r\n${last}\r\n0\r\n`
    for (const name in trailers) text += `${name}: ${trailers[name]}\r\n`
    this.#response.end(`${text}\r\n`)
  }
}
