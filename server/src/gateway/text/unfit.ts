import type { FinishReason } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'

/** A whole answer that is not in the form that was asked for; another try may bring a better one. */
export const unfit = (provider: string, problem: string, upstreamRequestId?: string): TurnoutError =>
  new TurnoutError('invalid_output', `The answer of ${provider} ${problem}.`, { provider, upstreamRequestId })

/** An answer that the provider itself gave up, such as a call of a tool that it could not make sense of. */
export function requireEnd(reason: FinishReason, raw: string | null, provider: string, requestId?: string): void {
  if (reason !== 'error') return
  throw new TurnoutError('invalid_output', `${provider} ended its answer by an error${raw ? ` (${raw})` : ''}.`, {
    provider,
    upstreamCode: raw ?? undefined,
    upstreamRequestId: requestId,
  })
}
