import type { OpenAIOperation, ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Wires } from '../wire.ts'

/**
 * The one rule by which a request for pictures in OpenAI's dialect takes its
 * way: as bytes to an upstream that speaks the dialect itself, else through
 * the adapter's pictures. A door that has no pictures behind it says so by
 * `capability_missing`: some providers speak the dialect for text alone.
 */
export function picturesPassThrough(
  adapter: ProviderAdapter | undefined,
  deployment: Deployment,
  operation: OpenAIOperation,
  wires: Wires,
): boolean {
  if (adapter?.image === undefined) return true
  if (adapter.openai === undefined) return false
  try {
    wires.get(deployment, operation)
    return true
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'capability_missing') return false
    throw error
  }
}
