import type { TextPart } from '../../core/text.ts'
import type { Shown, ShownCall } from './shown.ts'

type Delta = Exclude<TextPart, { type: 'finish' }>
type CallDelta = Extract<TextPart, { type: 'tool-call-delta' }>

/** An answer that was begun anew is another one than its reader has begun to read. */
export class Divergence extends Error {
  override readonly name = 'Divergence'
}

/** Lets pieces pass once all that was expected has come. */
class Follower {
  readonly #expected: string
  #at = 0

  constructor(expected: string) {
    this.#expected = expected
  }

  get caughtUp(): boolean {
    return this.#at === this.#expected.length
  }

  /** What of a piece is new. @throws Divergence */
  take(piece: string): string {
    const known = Math.min(piece.length, this.#expected.length - this.#at)
    if (!this.#expected.startsWith(piece.slice(0, known), this.#at)) throw new Divergence()
    this.#at += known
    return piece.slice(known)
  }
}

/** A call of the new answer, and which one of those that were shown it repeats. */
interface Repeated {
  index: number
  known: ShownCall | undefined
  arguments: Follower
}

/**
 * Leaves out of an answer that was begun anew what its reader has seen: its
 * text and its calls of tools, for as long as they are the same. The thoughts
 * behind it are shown only to whoever has seen none: they are not of one piece.
 */
export class Rejoin {
  readonly #text: Follower
  readonly #reasons: boolean
  readonly #known: [number, ShownCall][]
  readonly #calls = new Map<number, Repeated>()
  #nextIndex: number

  /** @param text What of the text is expected to come again. */
  constructor({ calls, reasoned }: Shown, text: string) {
    this.#text = new Follower(text)
    this.#reasons = !reasoned
    this.#known = [...calls].map(([index, call]) => [index, { ...call }])
    this.#nextIndex = Math.max(-1, ...calls.keys()) + 1
  }

  /** What of a part is new; undefined where all of it has been seen. @throws Divergence */
  take(part: Delta): Delta | undefined {
    if (part.type === 'tool-call-delta') return this.#takeCall(part)
    if (part.type === 'reasoning-delta') return this.#reasons ? part : undefined
    const text = this.#text.take(part.text)
    return text === '' ? undefined : { type: part.type, text }
  }

  /** Whether everything that was shown has come again. */
  get caughtUp(): boolean {
    const calls = [...this.#calls.values()]
    return this.#text.caughtUp && calls.length >= this.#known.length && calls.every((call) => call.arguments.caughtUp)
  }

  #takeCall(part: CallDelta): CallDelta | undefined {
    let call = this.#calls.get(part.index)
    if (call === undefined) {
      const [index, known] = this.#known[this.#calls.size] ?? [this.#nextIndex++, undefined]
      call = { index, known, arguments: new Follower(known?.arguments ?? '') }
      this.#calls.set(part.index, call)
    }
    const { index, known } = call
    if (known && part.name !== undefined && known.name !== undefined && part.name !== known.name) throw new Divergence()
    const written = call.arguments.take(part.arguments ?? '')
    if (known === undefined) return { ...part, index }
    if (written === '' && part.opaque === undefined) return undefined
    return { type: part.type, index, arguments: written, ...(part.opaque && { opaque: part.opaque }) }
  }
}
