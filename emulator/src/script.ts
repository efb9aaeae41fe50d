/** What a model of OpenAI's protocol is to say instead of a text of the emulator's own. */
export interface ScriptedAnswer {
  match?: { model?: string }
  /** Word for word; empty is an answer without text. */
  text: string
  /** For how many matching answers; 1 unless said otherwise. */
  times?: number
}

export interface Answers {
  /** @throws TypeError for what is no scripted answer */
  add(answer: ScriptedAnswer): void
  clear(): void
}

/** The scripted answers, which are given in their order. */
export class Script implements Answers {
  #answers: Required<ScriptedAnswer>[] = []

  add({ match = {}, text, times = 1 }: ScriptedAnswer): void {
    if (typeof text !== 'string') throw new TypeError('text must be a string.')
    if (typeof times !== 'number' || times < 0) throw new TypeError('times must be a number of at least 0.')
    this.#answers.push({ match, text, times })
  }

  clear(): void {
    this.#answers = []
  }

  /** What the model says now, which counts as said; undefined where nothing is scripted for it. */
  take(model: string): string | undefined {
    const found = this.#answers.find(({ match, times }) => times > 0 && (match.model ?? model) === model)
    if (found === undefined) return undefined
    found.times -= 1
    if (found.times <= 0) this.#answers = this.#answers.filter((answer) => answer !== found)
    return found.text
  }
}
