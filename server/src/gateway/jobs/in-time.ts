import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'

/** Aborts with an error that names the provider, which did not answer in time. */
export function timeoutSignal(ms: number, provider: string): AbortSignal {
  const controller = new AbortController()
  const reason = new TurnoutError('timeout', `${provider} did not answer within ${ms / 1000} s.`, { provider })
  setTimeout(() => controller.abort(reason), ms).unref()
  return controller.signal
}

/** Whatever a call ended with, where it ended because its time was over. */
export function inTime(thrown: unknown, limit: AbortSignal, { provider, timeouts }: Deployment): TurnoutError {
  if (!limit.aborted || thrown instanceof TurnoutError) return TurnoutError.from(thrown)
  return new TurnoutError('timeout', `${provider.id} did not answer within ${timeouts.totalMs / 1000} s.`, {
    provider: provider.id,
    cause: thrown,
  })
}
