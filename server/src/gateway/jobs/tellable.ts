import type { Deployment } from '../../core/deployment.ts'
import type { MediaOutcome } from '../../core/media.ts'
import { idTeller } from '../../lib/redact.ts'

/** An outcome under an id of the provider's that can be stored and shown: without secrets, and of a bearable length. */
export function tellable(outcome: MediaOutcome, { provider }: Deployment): MediaOutcome {
  const { upstreamRequestId } = outcome
  if (upstreamRequestId === undefined) return outcome
  const tell = idTeller([provider.credential, ...Object.values(provider.headers)])
  return { ...outcome, upstreamRequestId: tell(upstreamRequestId) }
}
