import { OutputReader } from '../../core/structured/output.ts'
import type { TextResult } from '../../core/text.ts'
import { attempt, succeeded } from '../attempts.ts'
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
    const result = accepted(answer, request)
    scope.patience.stop()
    const { usage, upstreamRequestId, providerCost, warnings } = result
    const cost = await succeeded(scope.meter, usage, upstreamRequestId, providerCost)
    return { result, attempts: scope.number, cost, warnings: [...request.warnings, ...warnings] }
  })
}
