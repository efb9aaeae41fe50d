import type { ChunkHead } from '../../core/openai/verdict-chunk.ts'
import { streamedTexts, textsOf, withStreamedTexts, withTexts } from '../../core/validation/completion.ts'
import type { JudgedText } from '../../core/validation/rules.ts'
import { type About, addCosts, type Judgement, type Review } from './review.ts'

/** A whole completion with what could be repaired of its choices. */
export interface Mended {
  body: Buffer
  texts: readonly JudgedText[]
  warnings: readonly string[]
}

/** Undefined where nothing had to be done. */
function repair(texts: readonly JudgedText[], review: Review): Omit<Mended, 'body'> | undefined {
  const mended = texts.map((answer) => ({ ...answer, ...review.mend?.(answer.text) }))
  if (mended.every(({ text }, place) => text === texts[place]!.text)) return undefined
  return { texts: mended, warnings: [...new Set(mended.flatMap(({ warnings = [] }) => warnings))] }
}

/** A `chat.completion` with what could be repaired of its choices. */
export function mendCompletion(body: Buffer, review: Review): Mended {
  const texts = textsOf(body)
  const mended = repair(texts, review)
  if (mended === undefined) return { body, texts, warnings: [] }
  const all = mended.texts.map(({ text }) => text)
  return { ...mended, body: withTexts(body, all) }
}

/** The same of one that came as a stream. */
export function mendStream(body: Buffer, review: Review): Mended & { head: ChunkHead } {
  const { head, texts: byIndex } = streamedTexts(body)
  const texts = [...byIndex.values()]
  const mended = repair(texts, review)
  if (mended === undefined) return { body, head, texts, warnings: [] }
  const all = new Map([...byIndex.keys()].map((index, place) => [index, mended.texts[place]!.text]))
  return { ...mended, head, body: withStreamedTexts(body, all) }
}

/** Judges the texts of all choices, each of which must pass. @throws TurnoutError */
export async function judgeTexts(texts: readonly JudgedText[], review: Review, about: About): Promise<Judgement> {
  const all: Judgement = { cost: 0n, warnings: [] }
  for (const answer of texts) {
    const { cost, warnings } = await review.judge(answer, about)
    all.cost = addCosts(all.cost, cost)
    all.warnings = [...new Set([...all.warnings, ...warnings])]
  }
  return all
}
