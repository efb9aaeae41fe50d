import type { MediaReference } from '../../core/inputs/types.ts'
import type { JobRequest } from '../../jobs/types.ts'
import type { Caller } from '../types.ts'
import { type BroughtKeeper, keepBrought, repeatable } from './brought.ts'
import { inlineBytes } from './bytes.ts'
import type { ExecutorServices } from './executor.ts'
import type { Whose } from './whose.ts'

/** A file that is written in so many characters stays where it is. */
const SHORT = 64 * 1024

export interface CarriedServices {
  keeper: BroughtKeeper
  resolve: ExecutorServices['resolve']
}

/**
 * A request that names the pictures and videos that it carried as data URLs:
 * they are kept as uploads of the key. A job is read whole at every step, and
 * so is each of its parts.
 *
 * @throws TurnoutError invalid_input by the name of the input
 */
export async function withoutCarried(
  request: JobRequest,
  references: readonly MediaReference[],
  job: Whose,
  { principal, requestId, signal }: Caller,
  { keeper, resolve }: CarriedServices,
): Promise<JobRequest> {
  const ids = new Map<string, string>()
  for (const reference of references) {
    const { value, kind, path: param } = reference
    if ((kind !== 'image' && kind !== 'video') || value.length < SHORT || ids.has(value)) continue
    const bytes = inlineBytes(value)
    if (bytes === undefined) continue
    // Refuses by its name what is none, or too large.
    await resolve(reference, job, false, signal)
    // What a request is prepared for more than once is kept once.
    const id = repeatable(`${principal.keyId}\n${requestId}\n`, bytes)
    if ((await keeper.find(id)) === undefined) await keepBrought(keeper, [{ id, bytes }], principal, { kind, param })
    ids.set(value, id)
  }
  return ids.size === 0 ? request : { ...request, inputs: renamed(request.inputs, ids) as JobRequest['inputs'] }
}

function renamed(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(value) ?? value
  if (Array.isArray(value)) return value.map((each) => renamed(each, ids))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, renamed(each, ids)]))
}
