import type { ValidationVerdict } from '@turnout/contract'
import type { JudgedText } from '../../core/validation/rules.ts'
import type { Judges } from './plan.ts'
import { type About, addCosts, PASSED } from './review.ts'

/** What is told at the end of a stream. */
export interface Told {
  /** Of the answer and of judging it, in nano-dollars; null where it is not known. */
  cost: bigint | null
  warnings: readonly string[]
  /** Undefined where nobody asks for anything. */
  validation: ValidationVerdict | undefined
}

/** What is to be said of a text that has been sent; it is judged where that has not been done before. Never rejects. */
export async function judgeAtEnd(
  { before, after }: Judges,
  answer: JudgedText,
  about: About,
  cost: bigint | null,
): Promise<Told> {
  if (after === undefined) return { cost, warnings: [], validation: before && PASSED }
  const { verdict, warnings, cost: ofJudging } = await after.verdict(answer, about)
  return { cost: addCosts(cost, ofJudging), warnings, validation: verdict }
}
