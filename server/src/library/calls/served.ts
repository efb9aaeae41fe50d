import type { Usage } from '@turnout/contract'
import type { Deployment } from '../../core/deployment.ts'
import { formatDollars } from '../../core/price.ts'
import type { Route } from '../../core/route.ts'
import type { Served } from '../types.ts'

export interface Had {
  route: Route
  deployment: Deployment
  requestId: string
  attempts: number
  usage: Usage
  /** Nano-dollars; null when not known. */
  cost: bigint | null
  warnings: readonly string[]
}

/** What every answer says of how it came about. */
export function served({ route, deployment, requestId, attempts, usage, cost, warnings }: Had): Served {
  const { model, provider } = deployment
  const { substitutedFor: asked } = route
  const substituted = asked === undefined ? [] : [`${asked} is retired; ${model.id} answered in its place.`]
  return {
    requestId,
    model: model.id,
    provider: provider.id,
    attempts,
    ...route.assignment,
    usage,
    cost: cost === null ? null : formatDollars(cost),
    warnings: [...substituted, ...warnings],
  }
}
