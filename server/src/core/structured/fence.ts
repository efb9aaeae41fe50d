const FENCE = '```'

type State = 'beginning' | 'fenced' | 'plain'

/** Where the run of backticks and white space begins that a text ends with. */
function tailOf(text: string): number {
  let at = text.length
  while (at > 0 && (text[at - 1] === '`' || text.charCodeAt(at - 1) <= 0x20)) at -= 1
  return at
}

/**
 * Takes off the code fence that models like to put around JSON, as the text
 * comes in: what may yet turn out to be fence is held back.
 */
export class FenceStripper {
  #state: State = 'beginning'
  #held = ''

  /** What is certain to be text. */
  push(piece: string): string {
    if (this.#state === 'plain') return piece
    this.#held += piece
    if (this.#state === 'beginning') this.#state = this.#begin()
    if (this.#isState('beginning')) return ''
    return this.#release(this.#isState('plain') ? this.#held.length : tailOf(this.#held))
  }

  /** The rest of the text. */
  end(): string {
    const close = this.#state === 'fenced' ? this.#held.indexOf(FENCE) : -1
    return close === -1 ? this.#held : this.#held.slice(0, close).trimEnd()
  }

  /** What is known by now; of a fence, its first line is gone then. */
  #begin(): State {
    const text = this.#held.trimStart()
    if (text.length < FENCE.length && FENCE.startsWith(text)) return 'beginning'
    if (!text.startsWith(FENCE)) return 'plain'
    const lineEnd = text.indexOf('\n')
    if (lineEnd === -1) return 'beginning'
    this.#held = text.slice(lineEnd + 1)
    return 'fenced'
  }

  #isState(state: State): boolean {
    return this.#state === state
  }

  #release(upTo: number): string {
    const text = this.#held.slice(0, upTo)
    this.#held = this.#held.slice(upTo)
    return text
  }
}
