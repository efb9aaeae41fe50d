import { type CacheRule, CacheWish } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'

/** What a request has to do with the cache. */
export interface CachePlan {
  /** How old an answer may be, and how long a new one is kept, in milliseconds. */
  ttlMs: number
  /** A new answer is wanted, whatever is kept. */
  anew: boolean
  /** One virtual key may be given what another one asked for. */
  shared: boolean
}

/** @throws TurnoutError invalid_input */
function readHeader(text: string | readonly string[]): CacheWish {
  const value = String(text).trim().toLowerCase()
  const wish = CacheWish.safeParse(/^\d{1,9}$/.test(value) ? { ttlSeconds: Number(value) } : value)
  if (wish.success) return wish.data
  throw new TurnoutError(
    'invalid_input',
    'x-turnout-cache must be a number of seconds from 1 to 2592000, "no-cache" or "no-store".',
    { param: 'x-turnout-cache' },
  )
}

/**
 * Whether the answer to a request may be one that is kept: by its body, else
 * by its header, else by its pool. Undefined where nobody asks for it.
 *
 * @throws TurnoutError invalid_input for a header that says something else
 */
export function cachePlan(
  { cache: rule }: { cache?: CacheRule | undefined },
  ofBody: CacheWish | undefined,
  ofHeader: string | readonly string[] | undefined,
): CachePlan | undefined {
  if (rule === undefined && ofBody === undefined && ofHeader === undefined) return undefined
  const wish = ofBody ?? (ofHeader === undefined ? undefined : readHeader(ofHeader))
  if (wish === 'no-store') return undefined
  const seconds = typeof wish === 'object' ? wish.ttlSeconds : rule?.ttlSeconds
  if (seconds === undefined) return undefined
  return { ttlMs: seconds * 1000, anew: wish === 'no-cache', shared: rule?.shared === true }
}
