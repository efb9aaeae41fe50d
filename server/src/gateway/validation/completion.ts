import { textsOf, withTexts } from '../../core/validation/completion.ts'
import { type About, addCosts, type Judgement, type Review } from './review.ts'

/** A `chat.completion` with what could be repaired of its choices. */
export function mendCompletion(body: Buffer, review: Review): { body: Buffer; warnings: readonly string[] } {
  if (!review.mend) return { body, warnings: [] }
  const texts = textsOf(body)
  const mended = texts.map((answer) => review.mend!(answer.text))
  const isSame = mended.every(({ text }, index) => text === texts[index]!.text)
  if (isSame) return { body, warnings: [] }
  const warnings = new Set(mended.flatMap((each) => each.warnings))
  return {
    body: withTexts(
      body,
      mended.map(({ text }) => text),
    ),
    warnings: [...warnings],
  }
}

/** Judges all choices of a `chat.completion`, each of which must pass. @throws TurnoutError */
export async function judgeCompletion(body: Buffer, review: Review, about: About): Promise<Judgement> {
  const all: Judgement = { cost: 0n, warnings: [] }
  for (const answer of textsOf(body)) {
    const { cost, warnings } = await review.judge(answer, about)
    all.cost = addCosts(all.cost, cost)
    all.warnings = [...new Set([...all.warnings, ...warnings])]
  }
  return all
}
