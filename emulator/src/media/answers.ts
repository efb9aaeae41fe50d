import type { Fate } from '../faults.ts'
import type { Fact } from '../refusal.ts'
import { Problem, type Refusal } from '../refusal.ts'
import type { Charge, Handler } from '../types.ts'

/** An answer without a delay: lists, submissions, polls. */
export const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** What can become of submitted work. */
export const SUBMITTED: readonly Fate['kind'][] = ['moderated', 'expired-result', 'late-success', 'failed-task']

/** What can become of a picture that the answer names by URL. */
export const LINKED: readonly Fate['kind'][] = ['moderated', 'expired-result']

/** The bill of a provider that charges for results alone: what was withheld or has failed is not on it. */
export const forResults =
  (charge: Charge) =>
  ({ kind }: Fate): Charge | undefined =>
    kind === 'moderated' || kind === 'failed-task' ? undefined : charge

/** A handler whose violations are said in the words of one part of a provider's API, where the parts differ. */
export function inWords(handler: Handler, refuse: (fact: Fact) => Refusal): Handler {
  return async (call, world) => {
    try {
      return await handler(call, world)
    } catch (error) {
      throw error instanceof Problem ? refuse(error.fact) : error
    }
  }
}
