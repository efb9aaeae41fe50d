import type { Validation } from '@turnout/contract'
import { validationProblems } from '../../core/validation/problems.ts'
import type { MemberProblem } from './members.ts'
import { isThere, routesOf, type Targets } from './target.ts'

/** What is wrong with the rules of a pool or a role, by the path below its record. */
export function checkValidation(validation: Validation | undefined, targets: Targets): MemberProblem[] {
  if (validation === undefined) return []
  const found: MemberProblem[] = validationProblems(validation).map(({ path, message }) => {
    return { path: ['validate', ...path], message }
  })
  const model = validation.validator?.model
  if (model === undefined || isThere(model, targets)) return found
  const message = `names a validator that does not exist: ${JSON.stringify(model)}; there are ${routesOf(targets)}`
  found.push({ path: ['validate', 'validator', 'model'], message })
  return found
}
