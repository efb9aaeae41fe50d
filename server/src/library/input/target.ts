import { CacheWish, SessionId } from '@turnout/contract'
import { z } from 'zod'

const Name = z.string().min(1)

/** Where a call is to go, as far as it says. */
export interface GivenTarget {
  model?: string | undefined
  pool?: string | undefined
  role?: string | undefined
  productType?: string | undefined
}

/** Fields of calls that go to a model, a pool or a role. */
export const TARGET = {
  model: Name.optional(),
  pool: Name.optional(),
  role: Name.optional(),
  productType: Name.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
}

/** Fields of calls that are bound to a provider: the others have no meaning there. */
export const BOUND = { model: Name.optional() }

export type TargetFields = typeof TARGET | typeof BOUND

/** What is wrong with the target of a call, by the field to name. */
export function targetProblem(given: GivenTarget, fields: TargetFields): { path: string; message: string } | undefined {
  if (!('pool' in fields)) return undefined
  const named = (['model', 'pool', 'role'] as const).filter((name) => given[name] !== undefined)
  if (named.length === 0) return { path: 'model', message: 'is required, unless pool or role takes its place' }
  if (named.length === 1) return undefined
  return { path: named[1]!, message: `must not be given together with ${named[0]}` }
}

export const OPTIONS = {
  user: z.string().min(1).optional(),
  session: SessionId.optional(),
  cache: CacheWish.optional(),
  signal: z.instanceof(AbortSignal, { error: 'must be an AbortSignal' }).optional(),
}
