import { OutputReader } from '../../core/structured/output.ts'
import type { TextResult } from '../../core/text.ts'
import { saidNothing } from '../../core/validation/failure.ts'
import { saysNothing } from '../../core/validation/rules.ts'
import { type AttemptScope, attempt, succeeded } from '../attempts.ts'
import { addCosts, type Judgement } from '../validation/review.ts'
import { withPictures } from './pictures.ts'
import type { TextRequest, TextServices } from './request.ts'
import { requireEnd, unfit } from './unfit.ts'

export interface WholeAnswer {
  result: TextResult
  attempts: number
  cost: bigint | null
  /** Of the request and of the answer. */
  warnings: string[]
}

/** The answer as it may be shown. @throws TurnoutError invalid_output */
function accepted(result: TextResult, { output, deployment }: TextRequest): TextResult {
  const { reason, raw, upstreamRequestId } = result
  requireEnd(reason, raw, deployment.provider.id, upstreamRequestId)
  if (output === undefined) return result
  const reader = new OutputReader(output)
  const text = reader.push(result.text) + reader.end()
  const problem = reader.problem(reason, result.toolCalls.length > 0)
  if (problem) throw unfit(deployment.provider.id, problem, upstreamRequestId)
  return text === result.text ? result : { ...result, text }
}

/** The answer with what can be repaired of it, and what was done. */
function mended(result: TextResult, { review }: TextRequest): { result: TextResult; warnings: readonly string[] } {
  const { text, warnings } = review?.mend?.(result.text) ?? { text: result.text, warnings: [] }
  return { result: text === result.text ? result : { ...result, text }, warnings }
}

/** An answer that says nothing, where another deployment may say more. @throws TurnoutError */
function refuseEmpty({ text, reason, toolCalls, upstreamRequestId }: TextResult, { trail, deployment }: TextRequest) {
  if (!trail?.refusesEmpty || !saysNothing({ text, reason, callsTools: toolCalls.length > 0 })) return
  throw saidNothing(deployment.provider.id, upstreamRequestId)
}

/** @throws TurnoutError for an answer that does not pass */
async function judge(
  { text, reason, toolCalls, upstreamRequestId }: TextResult,
  { review, deployment }: TextRequest,
  { meter, patience }: AttemptScope,
  signal: AbortSignal,
): Promise<Judgement> {
  if (review === undefined) return { cost: 0n, warnings: [] }
  // The provider has done its part: its limits do not hold for whoever judges.
  patience.stop()
  meter.answeredAt = Date.now()
  const about = { provider: deployment.provider.id, upstreamRequestId, signal }
  return review.judge({ text, reason, callsTools: toolCalls.length > 0 }, about)
}

/** Asks for a whole answer, as often as the policy allows. @throws TurnoutError of the last attempt */
export async function answerWhole(
  services: TextServices,
  request: TextRequest,
  signal: AbortSignal,
  onAttempt?: (number: number) => void,
): Promise<WholeAnswer> {
  const call = await withPictures(services, request, signal)
  const plan = { ...request, signal, paidOnAcceptance: false, onAttempt }
  return attempt(services, plan, async (scope) => {
    const answer = await request.adapter.generate(call, scope.connection)
    scope.usage = answer.usage
    const whole = mended(answer, request)
    const result = accepted(whole.result, request)
    refuseEmpty(result, request)
    signal.throwIfAborted()
    request.trail?.heard(request.deployment)
    const judged = await judge(result, request, scope, signal)
    scope.patience.stop()
    const { usage, upstreamRequestId, providerCost } = result
    const cost = addCosts(await succeeded(scope.meter, usage, upstreamRequestId, providerCost), judged.cost)
    const warnings = [...request.warnings, ...result.warnings, ...whole.warnings, ...judged.warnings]
    return { result, attempts: scope.number, cost, warnings }
  })
}
