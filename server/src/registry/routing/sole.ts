import { DEFAULT_FALLBACK, type Route } from '../../core/route.ts'
import type { Resolution } from '../types.ts'

/** The route of a model that nothing stands in for. */
export const soleRoute = ({ deployment, substitutedFor }: Resolution): Route => ({
  name: deployment.model.id,
  strategy: 'priority',
  candidates: [{ deployment, weight: 1 }],
  unavailable: [],
  fallback: DEFAULT_FALLBACK,
  degrade: false,
  ...(substitutedFor !== undefined && { substitutedFor }),
})
