import { DEFAULT_TIMEOUTS } from '../../core/deployment.ts'
import type { RelayCall } from './types.ts'

/** Between two previews of a picture there may be more than between two words, where nobody has said how much. */
const PICTURE_STALL_MS = 60_000

/** How long an answer that has begun may keep quiet, in milliseconds. */
export function stallOf({ deployment, operation }: Pick<RelayCall, 'deployment' | 'operation'>): number {
  const { stallMs } = deployment.timeouts
  return stallMs === DEFAULT_TIMEOUTS.stallMs && operation.startsWith('images.') ? PICTURE_STALL_MS : stallMs
}
