import type { ValidationVerdict } from '@turnout/contract'
import type { JudgedText } from '../../core/validation/rules.ts'

/** What is known of an answer besides what it says. */
export interface About {
  provider: string
  upstreamRequestId: string | undefined
  signal: AbortSignal
}

export interface Judgement {
  /** What judging cost in nano-dollars; null when that is not known. */
  cost: bigint | null
  warnings: readonly string[]
}

/**
 * Looks at a whole answer before it counts as given. What `judge` throws makes
 * the attempt a failed one, which is paid for all the same.
 */
export interface Review {
  /** The text with what can be repaired of it, and what was done. */
  mend?(text: string): { text: string; warnings: readonly string[] }
  /** @throws TurnoutError */
  judge(answer: JudgedText, about: About): Promise<Judgement>
}

/** What is said of an answer that was judged before it was shown. */
export const PASSED: ValidationVerdict = { passed: true, failures: [] }

/** Two costs together; unknown where either is. */
export const addCosts = (one: bigint | null, other: bigint | null): bigint | null =>
  one === null || other === null ? null : one + other
