import type { Validation } from '@turnout/contract'
import { validationProblems } from '../../core/validation/problems.ts'
import type { MemberProblem } from './members.ts'
import { POOL, ROLE } from './routes.ts'
import type { RoutingRecords } from './types.ts'

/** What is wrong with the rules of a pool or a role, by the path below its record. */
export function checkValidation(
  validation: Validation | undefined,
  { pools, roles }: RoutingRecords,
  knowsModel: (name: string) => boolean,
): MemberProblem[] {
  if (validation === undefined) return []
  const found: MemberProblem[] = validationProblems(validation).map(({ path, message }) => {
    return { path: ['validate', ...path], message }
  })
  const model = validation.validator?.model
  if (model === undefined) return found
  const isThere = model.startsWith(ROLE)
    ? roles.has(model.slice(ROLE.length))
    : model.startsWith(POOL)
      ? pools.has(model.slice(POOL.length))
      : pools.has(model) || knowsModel(model)
  if (isThere) return found
  const names = [...[...roles.keys()].map((name) => ROLE + name), ...[...pools.keys()].map((name) => POOL + name)]
  const message = `names a validator that does not exist: ${JSON.stringify(model)}; there are ${names.join(', ') || 'no pools and no roles'}`
  found.push({ path: ['validate', 'validator', 'model'], message })
  return found
}
