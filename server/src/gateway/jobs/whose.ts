import { TurnoutError } from '../../core/error.ts'
import type { JobRequest, JobRow } from '../../jobs/types.ts'
import type { Owner } from '../inputs/resolve.ts'
import type { Caller } from '../types.ts'

type Asking = Pick<Caller, 'principal'>

/** What of a job tells whose it is. */
export type Whose = Pick<JobRow, 'key_id' | 'request'>

export const maySee = (keyId: string, { principal }: Asking): boolean =>
  principal.role === 'admin' || principal.keyId === keyId

/** An admin's key, and one that was issued to nobody in particular, is trusted to name the end user. */
export const mayName = ({ principal }: Asking): boolean => principal.role === 'admin' || principal.owner === null

/**
 * The end user of a request. A key that is not trusted to name one is its owner's.
 *
 * @throws TurnoutError permission
 */
export function userOf(named: string | undefined, { principal }: Asking): string | null {
  if (mayName({ principal })) return named ?? principal.owner
  if (named === undefined || named === principal.owner) return principal.owner
  throw new TurnoutError('permission', `userId must be the owner of the key, ${principal.owner}; leave it out.`, {
    param: 'userId',
  })
}

/** Whose files a job may name. */
export const ownerOf = ({ key_id: keyId, request }: Whose): Owner => ({
  keyId,
  role: (request as JobRequest).role,
})
