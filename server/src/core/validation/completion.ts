import { EventFramer } from '../../lib/sse.ts'
import { finishReason } from '../openai/finish.ts'
import type { ChunkHead } from '../openai/verdict-chunk.ts'
import type { JudgedText } from './rules.ts'

interface Message {
  content?: unknown
  refusal?: unknown
  tool_calls?: unknown
}

interface Completion {
  choices: ({ message?: Message | null; finish_reason?: string | null } | null)[]
}

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

/** The texts of a `chat.completion`, one for each of its choices. */
export function textsOf(body: Buffer): JudgedText[] {
  const { choices } = JSON.parse(body.toString('utf8')) as Completion
  return choices.map((choice) => {
    const { content, refusal, tool_calls } = choice?.message ?? {}
    return {
      text: typeof content === 'string' ? content : '',
      reason: finishReason(choice?.finish_reason ?? ''),
      callsTools: isFilled(tool_calls),
      refuses: isFilled(refusal),
    }
  })
}

/** The completion with other texts, those of its choices in their order. */
export function withTexts(body: Buffer, texts: readonly string[]): Buffer {
  const completion = JSON.parse(body.toString('utf8')) as Completion
  for (const [index, choice] of completion.choices.entries()) {
    if (choice?.message) choice.message.content = texts[index]
  }
  return Buffer.from(JSON.stringify(completion))
}

interface Chunk extends ChunkHead {
  choices?: ({ index?: number; delta?: Message | null } | null)[] | null
}

/** The chunks of a streamed completion that are some, one after the other. */
function* chunksOf(body: Buffer): Generator<Chunk, void> {
  for (const { data } of new EventFramer().push(body)) if (data?.startsWith('{')) yield JSON.parse(data) as Chunk
}

/** The texts of a streamed completion that is whole, by the index of their choice, and what its chunks have in common. */
export function streamedTexts(body: Buffer): { head: ChunkHead; texts: ReadonlyMap<number, JudgedText> } {
  const gathered = new ChunkTexts()
  let head: ChunkHead = {}
  for (const chunk of chunksOf(body)) {
    head = chunk
    gathered.push(chunk)
  }
  return { head, texts: gathered.byIndex }
}

/** The streamed completion with other texts, each of which comes in one piece. */
export function withStreamedTexts(body: Buffer, texts: ReadonlyMap<number, string>): Buffer {
  const told = new Set<number>()
  const events: string[] = []
  for (const chunk of chunksOf(body)) {
    for (const choice of chunk.choices ?? []) {
      const { index = 0, delta } = choice ?? {}
      if (typeof delta?.content !== 'string') continue
      delta.content = told.has(index) ? '' : texts.get(index)
      told.add(index)
    }
    events.push(`data: ${JSON.stringify(chunk)}\n\n`)
  }
  return Buffer.from(events.join(''))
}

/** Gathers the texts of a streamed completion from its chunks. */
export class ChunkTexts {
  readonly #texts = new Map<number, JudgedText>()

  push(chunk: { choices?: unknown }): void {
    if (!Array.isArray(chunk.choices)) return
    for (const choice of chunk.choices as {
      index?: number
      delta?: Message | null
      finish_reason?: string | null
    }[]) {
      const { index = 0, delta, finish_reason } = choice ?? {}
      const known = this.#texts.get(index) ?? { text: '', reason: 'other', callsTools: false, refuses: false }
      this.#texts.set(index, known)
      if (typeof delta?.content === 'string') known.text += delta.content
      known.callsTools ||= isFilled(delta?.tool_calls)
      known.refuses ||= isFilled(delta?.refusal)
      if (finish_reason) known.reason = finishReason(finish_reason)
    }
  }

  get byIndex(): ReadonlyMap<number, JudgedText> {
    return this.#texts
  }

  /** In the order of the choices. */
  get texts(): JudgedText[] {
    return [...this.#texts].sort(([a], [b]) => a - b).map(([, text]) => text)
  }
}
