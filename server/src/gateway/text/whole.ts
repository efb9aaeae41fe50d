import type { TextResult } from '../../core/text.ts'
import { attempt, succeeded } from '../attempts.ts'
import { addCosts } from '../validation/review.ts'
import { accept } from './accept.ts'
import { withPictures } from './pictures.ts'
import type { TextRequest, TextServices } from './request.ts'

export interface WholeAnswer {
  result: TextResult
  attempts: number
  cost: bigint | null
  /** Of the request and of the answer. */
  warnings: string[]
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
    const { reason, raw, usage, upstreamRequestId, providerCost } = answer
    const unshown = { text: answer.text, reason, raw, callsTools: answer.toolCalls.length > 0, upstreamRequestId }
    const accepted = await accept(unshown, request, scope, signal)
    scope.patience.stop()
    const { text } = accepted
    const result = text === answer.text ? answer : { ...answer, text }
    const cost = addCosts(await succeeded(scope.meter, usage, upstreamRequestId, providerCost), accepted.cost)
    const warnings = [...request.warnings, ...answer.warnings, ...accepted.warnings]
    return { result, attempts: scope.number, cost, warnings }
  })
}
