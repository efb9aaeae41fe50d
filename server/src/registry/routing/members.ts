import type { MemberCondition, PoolConfiguration } from '@turnout/contract'
import { POOL } from './target.ts'
import type { Placed } from './types.ts'

/** A member of a pool, those of pools within it included. */
export interface FlatMember {
  model: string
  weight: number
  when?: MemberCondition
}

export type Pools = ReadonlyMap<string, Placed<PoolConfiguration>>

/** The name of the pool that a member is; undefined for a model. */
export const poolOf = (member: string): string | undefined =>
  member.startsWith(POOL) ? member.slice(POOL.length) : undefined

/** What is wrong with a member of a pool, by the path below the pool's record. */
export interface MemberProblem {
  path: readonly PropertyKey[]
  message: string
}

/** Both must hold. Of two bounds the narrower one counts. */
function both(outer: MemberCondition | undefined, inner: MemberCondition | undefined): MemberCondition | undefined {
  if (!outer || !inner) return outer ?? inner
  const bound = (name: 'maxInputTokens' | 'minInputTokens', pick: (...values: number[]) => number) => {
    const values = [outer[name], inner[name]].filter((value) => value !== undefined)
    return values.length > 0 ? { [name]: pick(...values) } : {}
  }
  return {
    ...outer,
    ...inner,
    ...(outer.input && inner.input && { input: outer.input.filter((kind) => inner.input!.includes(kind)) }),
    ...bound('maxInputTokens', Math.min),
    ...bound('minInputTokens', Math.max),
    ...(outer.metadata && inner.metadata && { metadata: { ...outer.metadata, ...inner.metadata } }),
  }
}

/**
 * The models of a pool in their order. A pool within it stands for its own
 * members, which share its weight; one that leads back to itself is a problem.
 */
export function flatten(
  name: string,
  pools: Pools,
  problems: MemberProblem[] = [],
  above: readonly string[] = [],
): FlatMember[] {
  const within = [...above, name]
  const members = pools.get(name)?.record.members ?? []
  return members.flatMap(({ model, weight, when }, index): FlatMember[] => {
    const inner = poolOf(model)
    if (inner === undefined) return [{ model, weight, ...(when && { when }) }]
    const path = ['members', index]
    if (within.includes(inner)) {
      problems.push({ path, message: `leads back to itself: ${[...within, inner].join(' > ')}` })
      return []
    }
    if (!pools.has(inner)) {
      problems.push({ path, message: `names a pool that does not exist; there are ${[...pools.keys()].join(', ')}` })
      return []
    }
    const ofPool = flatten(inner, pools, above.length === 0 ? problems : [], within)
    const sum = ofPool.reduce((total, member) => total + member.weight, 0) || 1
    return ofPool.map((member) => {
      const condition = both(when, member.when)
      return { model: member.model, weight: (weight * member.weight) / sum, ...(condition && { when: condition }) }
    })
  })
}
