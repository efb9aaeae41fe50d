import { createHash } from 'node:crypto'
import { pieces } from './tokens.ts'

const FIRST = 1024
const STEP = 128
const REMEMBERED = 10_000

/**
 * Which prompt prefixes a model has seen: from 1,024 tokens on, in steps of 128,
 * a repeated prefix counts as cached, as with the real API.
 */
export class PromptCache {
  readonly #seen = new Set<string>()

  /** Tokens of this prompt that were cached; remembers the prompt for the next time. */
  use(model: string, prompt: string): number {
    // A token has at most a few characters: a short text needs no counting.
    if (prompt.length < FIRST) return 0
    const tokens = pieces(prompt)
    let cached = 0
    const hash = createHash('sha256').update(model)
    for (let end = FIRST, start = 0; end <= tokens.length; start = end, end += STEP) {
      hash.update(tokens.slice(start, end).join(''))
      const key = hash.copy().digest('base64')
      if (this.#seen.has(key)) cached = end
      else this.#remember(key)
    }
    return cached
  }

  clear(): void {
    this.#seen.clear()
  }

  #remember(key: string): void {
    this.#seen.add(key)
    if (this.#seen.size <= REMEMBERED) return
    const [oldest] = this.#seen
    if (oldest !== undefined) this.#seen.delete(oldest)
  }
}
