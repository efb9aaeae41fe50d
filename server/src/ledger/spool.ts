import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../db/database.ts'

/** A file that has grown to this is closed, whoever waits for it. */
const ROTATE_BYTES = 4 * 1024 * 1024
const RETRY_MS = 1_000
/** Lines of one turn are encoded here; more than this at once takes a buffer of its own. */
const SCRATCH_BYTES = 256 * 1024
/** Characters that are kept while the disk refuses them. */
const BACKLOG_LIMIT = 16 * 1024 * 1024

export interface SpoolOptions {
  dir: string
  /** Id of the writer: the beginning of its files' names. */
  writer: string
  log: Log
}

/**
 * Append-only files of lines, `<dir>/<writer>.<n>.jsonl`. The lines of one
 * turn of the event loop are handed to the operating system by one write;
 * from then on the death of the process does not lose them. The file with the
 * highest number is open and exists even while it is empty: by it others find
 * a writer that died. The ones before it are closed and wait to be read.
 *
 * A disk that refuses to write holds nobody up: the lines stay in memory, up
 * to a bound, and go to a new file later.
 */
export class Spool {
  readonly #options: SpoolOptions
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #fd: number | undefined
  #oldest = 0
  #current = 0
  /** Bytes in the open file. */
  #bytes = 0
  /** What is not written yet. */
  #lines = ''
  #callbacks: (() => void)[] = []
  #scheduled = false
  /** Set while the disk refuses to write. */
  #retry: NodeJS.Timeout | undefined
  #dropped = 0

  /** @throws what the operating system says where the directory or the file cannot be made */
  constructor(options: SpoolOptions) {
    this.#options = options
    this.#fd = this.#open()
  }

  /**
   * @param line Without its line feed.
   * @param then Called, in order, once the line and all before it have been written.
   */
  append(line: string, then?: () => void): void {
    if (this.#retry !== undefined && this.#lines.length > BACKLOG_LIMIT) this.#drop()
    else this.#lines += `${line}\n`
    if (then !== undefined) this.#callbacks.push(then)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#commit)
  }

  /** Closes the open file if it holds anything, and goes on with the next. */
  rotate(): void {
    this.#commit()
    if (this.#bytes > 0) this.#next()
  }

  /** Whether lines have been written that are not read yet. */
  get pending(): boolean {
    return this.#oldest < this.#current || this.#bytes > 0
  }

  /** The path of the oldest closed file. */
  get closed(): string | undefined {
    return this.#oldest < this.#current ? this.#path(this.#oldest) : undefined
  }

  /** Deletes the oldest closed file. */
  async removeClosed(): Promise<void> {
    await rm(this.#path(this.#oldest), { force: true })
    this.#oldest += 1
  }

  /** Ends with everything read: deletes the open file if it is empty, so that nobody looks after this writer. */
  end(): void {
    this.#commit()
    if (this.#fd !== undefined && this.#bytes === 0) rmSync(this.#path(this.#current), { force: true })
    this.leave()
  }

  /** Ends with the files where they are, for another process to take over. */
  leave(): void {
    this.#commit()
    clearInterval(this.#retry)
    this.#close()
  }

  readonly #commit = (): void => {
    this.#scheduled = false
    if (this.#lines !== '' && this.#retry === undefined) this.#write()
    if (this.#callbacks.length === 0) return
    const callbacks = this.#callbacks
    this.#callbacks = []
    for (const callback of callbacks) this.#call(callback)
  }

  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#options.log.error({ err: error }, 'ledger: what was to follow a record failed')
    }
  }

  #write(): void {
    try {
      this.#fd ??= this.#open()
      const [bytes, length] = this.#encode(this.#lines)
      // A disk that fills up takes a part first, and then throws.
      for (let written = 0; written < length; ) written += writeSync(this.#fd, bytes, written, length - written)
      this.#bytes += length
      this.#lines = ''
    } catch (error) {
      this.#fail(error)
      return
    }
    if (this.#retry !== undefined) this.#recover()
    if (this.#bytes >= ROTATE_BYTES) this.#next()
  }

  #encode(text: string): [bytes: Buffer, length: number] {
    // A UTF-16 code unit takes at most three bytes of UTF-8.
    if (text.length * 3 <= SCRATCH_BYTES) return [this.#scratch, this.#scratch.write(text)]
    const bytes = Buffer.from(text)
    return [bytes, bytes.length]
  }

  #next(): void {
    this.#close()
    try {
      this.#fd = this.#open()
    } catch (error) {
      this.#fail(error)
    }
  }

  #open(): number {
    mkdirSync(this.#options.dir, { recursive: true })
    return openSync(this.#path(this.#current), 'ax')
  }

  #close(): void {
    if (this.#fd === undefined) return
    const fd = this.#fd
    this.#fd = undefined
    this.#bytes = 0
    this.#current += 1
    try {
      closeSync(fd)
    } catch {
      // Every write was checked by itself.
    }
  }

  /** The file keeps what it has, perhaps with a torn last line: all lines of the turn will be in the next one. */
  #fail(error: unknown): void {
    this.#close()
    if (this.#retry !== undefined) return
    this.#options.log.error({ err: error }, 'ledger: the spool cannot be written; records stay in memory for now')
    this.#retry = setInterval(() => this.#write(), RETRY_MS).unref()
  }

  #recover(): void {
    clearInterval(this.#retry)
    this.#retry = undefined
    this.#options.log.info({ dropped: this.#dropped }, 'ledger: the spool can be written again')
    this.#dropped = 0
  }

  #drop(): void {
    if (this.#dropped === 0) this.#options.log.error({}, 'ledger: memory for records is used up; further ones are lost')
    this.#dropped += 1
  }

  #path(number: number): string {
    return join(this.#options.dir, `${this.#options.writer}.${number}.jsonl`)
  }
}
