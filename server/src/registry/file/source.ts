import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Problem } from '../types.ts'
import { emptyFile, type KnownNames, type ParsedFile, parseConfiguration } from './parse.ts'
import { watchFile } from './watch.ts'

/** How often the file is looked at, whatever the operating system tells of it. */
const POLL_MS = 2_000
/** A file that has not changed for this long is taken as completely written. */
const SETTLE_MS = 100

/** turnout.yaml as a layer: the latest valid content, and what is wrong with the content that stands there now. */
export class FileSource {
  readonly #path: string
  readonly #known: KnownNames
  readonly #review: (file: ParsedFile) => readonly Problem[]
  #file: ParsedFile = emptyFile()
  #problems: readonly Problem[] = []
  /** Which state of the file was read last. */
  #seen: string | undefined
  #settling: NodeJS.Timeout | undefined
  #loading: Promise<boolean> = Promise.resolve(false)
  #stopWatching: (() => void) | undefined
  #closed = false

  /** @param review What is wrong with a file that is valid by itself, together with everything else there is. */
  constructor(path: string, known: KnownNames, review: (file: ParsedFile) => readonly Problem[] = () => []) {
    this.#path = path
    this.#known = known
    this.#review = review
  }

  /** A missing file is an empty one. */
  get file(): ParsedFile {
    return this.#file
  }

  /** Why the content that stands there now is not the one in use. Empty where it is. */
  get problems(): readonly Problem[] {
    return this.#problems
  }

  /** Reads the file if it is not in the state that was read last; the answer is whether anything changed. */
  load(): Promise<boolean> {
    this.#loading = this.#loading.then(() => this.#load())
    return this.#loading
  }

  /** Follows the file. `onChange` is called after each change, valid or not. */
  watch(onChange: () => void): void {
    this.#stopWatching = watchFile(this.#path, () => void this.#look(onChange), POLL_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopWatching?.()
    clearTimeout(this.#settling)
    await this.#loading
  }

  async #look(onChange: () => void, last?: string): Promise<void> {
    const state = await stateOf(this.#path)
    if (this.#closed || state === this.#seen) return
    if (state === last) {
      if ((await this.load()) && !this.#closed) onChange()
      return
    }
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => void this.#look(onChange, state), SETTLE_MS).unref()
  }

  async #load(): Promise<boolean> {
    const state = await stateOf(this.#path)
    if (state === this.#seen) return false
    this.#seen = state
    const text = await this.#read()
    if (typeof text !== 'string') {
      this.#problems = [text]
      return true
    }
    const parsed = parseConfiguration(text, basename(this.#path), this.#known)
    this.#problems = parsed.ok ? this.#review(parsed.file) : parsed.problems
    if (parsed.ok && this.#problems.length === 0) this.#file = parsed.file
    return true
  }

  async #read(): Promise<string | Problem> {
    try {
      return await readFile(this.#path, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return ''
      return { layer: 'file', where: basename(this.#path), message: `the file cannot be read (${code ?? 'error'})` }
    }
  }
}

/** A text that differs whenever the file does. */
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true })
    return `${ino}:${size}:${mtimeNs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error'
  }
}
