import type { TextPart } from '../../core/text.ts'

/** So much of an answer is kept, in bytes; beyond it nobody else goes on with it. */
const MOST_KEPT = 256 * 1024
const FIRST_BYTES = 512
/** The text is kept as it is in memory: half a character, which a piece may end with, has no form in UTF-8. */
const ENCODING = 'utf16le'
const BYTES_PER_UNIT = 2

const EMPTY = Buffer.alloc(0)

/** A call of a tool as far as it has been shown. */
export interface ShownCall {
  name: string | undefined
  arguments: string
}

/**
 * What a client has been shown of a streamed answer: whoever goes on with it
 * must go on from there. It is kept only where somebody could, and in one
 * piece, because pieces of a string keep all that they were cut from.
 */
export class Shown {
  /** By the index that the client knows. */
  readonly calls = new Map<number, ShownCall>()
  /** Thoughts have been shown. */
  reasoned = false
  /** Something was shown that nobody else can be held against, or too much. */
  lost = false
  /** What the client knows the answer by, where its first author has named it. */
  id: string | undefined
  /** Seconds since 1970, likewise. */
  created: number | undefined
  #bytes = EMPTY
  #length = 0
  #ofCalls = 0

  get text(): string {
    return this.#bytes.toString(ENCODING, 0, this.#length)
  }

  addText(piece: string): void {
    if (this.lost) return
    const needed = this.#length + piece.length * BYTES_PER_UNIT
    if (needed + this.#ofCalls > MOST_KEPT) {
      this.lose()
      return
    }
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    this.#length += this.#bytes.write(piece, this.#length, ENCODING)
  }

  addCall(index: number, name: string | undefined, written: string): void {
    if (this.lost) return
    this.#ofCalls += written.length * BYTES_PER_UNIT
    if (this.#length + this.#ofCalls > MOST_KEPT) {
      this.lose()
      return
    }
    const call = this.calls.get(index) ?? { name: undefined, arguments: '' }
    call.name ??= name
    call.arguments += written
    this.calls.set(index, call)
  }

  add(part: Exclude<TextPart, { type: 'finish' }>): void {
    if (part.type === 'text-delta') this.addText(part.text)
    else if (part.type === 'reasoning-delta') this.reasoned = true
    else this.addCall(part.index, part.name, part.arguments ?? '')
  }

  /** Nobody will go on with this answer: nothing of it needs to be kept. */
  lose(): void {
    this.lost = true
    this.#bytes = EMPTY
    this.#length = 0
    this.calls.clear()
  }
}
