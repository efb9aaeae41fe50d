import { ArtifactKind } from '@turnout/contract'
import { z } from 'zod'
import type { Principal } from '../access/types.ts'
import type { ArtifactFilter } from '../artifacts/types.ts'
import { TurnoutError } from '../core/error.ts'
import { Moment } from './attempt-query.ts'

const Page = {
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}

const Filter = {
  type: z.enum(['image', 'video']).optional(),
  keyId: z.string().min(1).optional().describe('Only admins may name a key that is not their own.'),
  user: z.string().min(1).optional(),
  from: Moment.optional().describe('Only what was made then or later; a date means its first moment in UTC.'),
  to: Moment.optional().describe('Only what was made before.'),
}

/** The query parameters that choose artifacts. */
export const ArtifactQuery = z.strictObject({
  kind: ArtifactKind.optional(),
  jobId: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  ...Filter,
  ...Page,
})

export const FileQuery = z.strictObject({ ...Filter, ...Page })

/**
 * The filter that a caller may use: who is not an admin sees only the own key's.
 *
 * @throws TurnoutError permission, where another key is asked for
 */
export function ownOnly(principal: Principal, filter: ArtifactFilter): ArtifactFilter {
  if (principal.role === 'admin') return filter
  if (filter.keyId !== undefined && filter.keyId !== principal.keyId) {
    throw new TurnoutError('permission', 'Only a key with the role admin may see what belongs to other keys.')
  }
  return { ...filter, keyId: principal.keyId }
}
