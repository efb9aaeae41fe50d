import type { ValidationVerdict } from '@turnout/contract'
import type { JudgedText } from '../../core/validation/rules.ts'
import { type About, addCosts } from './review.ts'
import type { AnswerValidation } from './validation.ts'

/** What is told at the end of a stream. */
export interface Told {
  /** Of the answer and of judging it, in nano-dollars; null where it is not known. */
  cost: bigint | null
  warnings: readonly string[]
  /** Undefined where nobody asks for anything. */
  validation: ValidationVerdict | undefined
}

/** Judges a text that has been sent already. Never rejects. */
export async function judgeAtEnd(
  validation: AnswerValidation | undefined,
  answer: JudgedText,
  about: About,
  cost: bigint | null,
): Promise<Told> {
  if (validation === undefined) return { cost, warnings: [], validation }
  const { verdict, warnings, cost: ofJudging } = await validation.verdict(answer, about)
  return { cost: addCosts(cost, ofJudging), warnings, validation: verdict }
}
