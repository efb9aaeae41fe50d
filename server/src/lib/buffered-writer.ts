const FLUSH_BYTES = 64 * 1024
const FLUSH_MS = 1_000

/**
 * Lines that are written together: after 64 KB or a second, whichever is
 * first. For logs, where a lost last second is bearable and a system call per
 * line is not.
 */
export class BufferedWriter {
  readonly #stream: NodeJS.WritableStream
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  write(line: string): void {
    this.#lines += line
    if (this.#lines.length >= FLUSH_BYTES) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lines === '') return
    this.#stream.write(this.#lines)
    this.#lines = ''
  }
}
