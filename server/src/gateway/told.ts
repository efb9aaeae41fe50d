import { isAmbiguous } from '../core/delivery.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { idTeller, redact, tellSafely } from '../lib/redact.ts'

/** In which light a failure is to be seen. */
export interface Circumstances {
  deployment: Deployment
  /** Paid for as soon as the provider accepts it: what may have been accepted is never sent again. */
  paidOnAcceptance: boolean
  /** The client has seen the beginning of the answer. */
  committed: boolean
}

/** A failure as clients are told: without secrets, and honest about what may have been paid and what is incomplete. */
export function toldToClient(
  error: TurnoutError,
  { deployment, paidOnAcceptance, committed }: Circumstances,
): TurnoutError {
  const { credential, headers } = deployment.provider
  const mayBePaid = paidOnAcceptance && isAmbiguous(error)
  const code = mayBePaid
    ? 'unknown_outcome'
    : committed && error.code !== 'canceled'
      ? 'stream_interrupted'
      : error.code
  const secrets = [credential, ...Object.values(headers)]
  const message = tellSafely(error.message, secrets)
  const word = (text: string | undefined) => text && redact(text, secrets)
  return new TurnoutError(
    code,
    mayBePaid ? `${message} The request may have been carried out and billed; it was not sent again.` : message,
    {
      provider: error.provider,
      param: word(error.param),
      retryAfterMs: code === error.code ? error.retryAfterMs : undefined,
      // What has been paid for is not asked for again, however well another try might end.
      retryable: code !== error.code ? undefined : error.retryable && !(paidOnAcceptance && code === 'invalid_output'),
      status: code === error.code ? error.status : undefined,
      upstreamStatus: error.upstreamStatus,
      upstreamRequestId: error.upstreamRequestId && idTeller(secrets)(error.upstreamRequestId),
      upstreamCode: word(error.upstreamCode),
      delivered: error.delivered,
      usage: error.usage,
      providerCost: error.providerCost,
      details: error.details,
      // Never the failure itself: its message still holds the secrets.
      cause: error.cause,
    },
  )
}
