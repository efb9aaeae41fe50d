import { INSTANT_RANGE, isInstant, Outcome } from '@turnout/contract'
import { z } from 'zod'
import type { Principal } from '../access/types.ts'
import { TurnoutError } from '../core/error.ts'
import type { AttemptFilter } from '../ledger/types.ts'

export const Moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a date (2026-01-31) or a date and time with its zone (2026-01-31T12:00:00Z)',
  })
  .refine(isInstant, INSTANT_RANGE)
  .transform((text) => new Date(text))

/** The query parameters that choose a span of time. */
export const AttemptPeriod = z.strictObject({
  from: Moment.optional().describe('Only attempts that started then or later; a date means its first moment in UTC.'),
  to: Moment.optional().describe('Only attempts that started before.'),
})

/** The query parameters that choose attempts. */
export const AttemptQuery = z.strictObject({
  requestId: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  provider: z.string().min(1).optional(),
  keyId: z.string().min(1).optional().describe('Only admins may name a key that is not their own.'),
  user: z.string().min(1).optional(),
  outcome: Outcome.optional(),
  ...AttemptPeriod.shape,
})

/**
 * The filter that a caller may use: who is not an admin sees only the attempts
 * of the own key.
 *
 * @throws TurnoutError permission, where another key is asked for
 */
export function visibleTo(principal: Principal, filter: AttemptFilter): AttemptFilter {
  if (principal.role === 'admin') return filter
  if (filter.keyId !== undefined && filter.keyId !== principal.keyId) {
    throw new TurnoutError('permission', 'Only a key with the role admin may read the usage of other keys.')
  }
  return { ...filter, keyId: principal.keyId }
}
