import { OutputReader } from '../../core/structured/output.ts'
import { saidNothing } from '../../core/validation/failure.ts'
import { type JudgedText, saysNothing } from '../../core/validation/rules.ts'
import type { AttemptScope } from '../attempts.ts'
import type { Judgement } from '../validation/review.ts'
import type { TextRequest } from './request.ts'
import { requireEnd, unfit } from './unfit.ts'

/** A whole answer of which nothing has been shown. */
export interface Unshown extends JudgedText {
  raw: string | null
  upstreamRequestId: string | undefined
}

/** An answer that may be shown, with what can be repaired of it. */
export interface Accepted extends Judgement {
  text: string
}

/** The text in the form that was asked for. @throws TurnoutError invalid_output */
function formed(text: string, { reason, callsTools, upstreamRequestId }: Unshown, request: TextRequest): string {
  const { output, deployment } = request
  if (output === undefined) return text
  const reader = new OutputReader(output)
  const shown = reader.push(text) + reader.end()
  const problem = reader.problem(reason, callsTools)
  if (problem) throw unfit(deployment.provider.id, problem, upstreamRequestId)
  return shown
}

/**
 * Holds a whole answer against all that is asked of it, whether it came in
 * one piece or as a stream that is held.
 *
 * @throws TurnoutError for an answer that does not pass
 */
export async function accept(
  answer: Unshown,
  request: TextRequest,
  { meter, patience }: AttemptScope,
  signal: AbortSignal,
): Promise<Accepted> {
  const { review, trail, deployment } = request
  const provider = deployment.provider.id
  const { reason, raw, upstreamRequestId } = answer
  requireEnd(reason, raw, provider, upstreamRequestId)
  const mended = review?.mend?.(answer.text) ?? { text: answer.text, warnings: [] }
  const judged = { ...answer, text: formed(mended.text, answer, request) }
  // Another deployment may say more.
  if (trail?.refusesEmpty && saysNothing(judged)) throw saidNothing(provider, upstreamRequestId)
  signal.throwIfAborted()
  trail?.heard(deployment)
  const { text } = judged
  if (review === undefined) return { text, cost: 0n, warnings: mended.warnings }
  // The provider has done its part: its limits do not hold for whoever judges.
  patience.pause()
  meter.answeredAt = Date.now()
  const { cost, warnings } = await review.judge(judged, { provider, upstreamRequestId, signal })
  return { text, cost, warnings: [...mended.warnings, ...warnings] }
}
