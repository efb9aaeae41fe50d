import type { ChatRequest, Validation } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { refuse } from '../../core/input.ts'
import type { Route } from '../../core/route.ts'
import { validationProblems } from '../../core/validation/problems.ts'
import { combine } from '../../core/validation/sources.ts'
import type { TextServices } from '../text/request.ts'
import type { Whose } from './ask.ts'
import { AnswerValidation, type PlacedValidator } from './validation.ts'

/** What judges the answer to a request: before anything of it is shown, or a stream after it has been sent. */
export interface Judges {
  before?: AnswerValidation
  after?: AnswerValidation
}

/** A request whose answer may have to be validated. */
export interface Validated {
  route: Route
  /** The rules that the request brings itself. */
  own: Validation | undefined
  /** Where those stand in the request, for messages. */
  field: string
  streamed: boolean
  messages: ChatRequest['messages']
  /** JSON was asked for. */
  isJson: boolean
  whose: Whose
}

const NEEDS_TIME =
  'must be "before" or "after": the answer is validated, and as a stream it is either held until it has passed or sent as it comes and judged at its end'

/** Where a name leads to. @throws TurnoutError */
export type RouteOf = (name: string) => Route

/** Where the validators are asked; one of the request must exist, while one of the configuration may be gone by now. */
function place({ validator }: Validation, isOwn: boolean, field: string, routeOf: RouteOf): PlacedValidator[] {
  if (validator === undefined) return []
  try {
    return [{ validator, route: routeOf(validator.model) }]
  } catch (thrown) {
    const error = TurnoutError.from(thrown)
    if (isOwn) throw new TurnoutError('invalid_input', error.message, { param: `${field}.validator.model` })
    if (validator.onError === 'fail') {
      // It is known before anything is paid for that no answer could pass.
      throw new TurnoutError(error.code, `No answer could be validated: ${error.message}`, { details: error.details })
    }
    return [{ validator, route: error }]
  }
}

/**
 * What the answer to a request is held against: by its pool, its role and the
 * request itself.
 *
 * @throws TurnoutError invalid_input for rules that cannot be used, and for a
 * stream of which nobody says when it is to be validated
 */
export function planValidation(
  services: TextServices,
  routeOf: RouteOf,
  { route, own, field, streamed, messages, isJson, whose }: Validated,
): Judges {
  const combined = combine([...(route.validations ?? []), own])
  if (combined === undefined) return {}
  const problems = own ? validationProblems(own) : []
  if (problems.length > 0) {
    throw refuse(problems.map(({ path, message }) => ({ path: [field, ...path].join('.'), message })))
  }
  const { validations, when } = combined
  if (streamed && when === undefined) throw refuse([{ path: `${field}.when`, message: NEEDS_TIME }])
  const validators = validations.flatMap((each) => place(each, each === own, field, routeOf))
  const validation = new AnswerValidation(services, { validations, validators, messages, isJson, whose })
  return streamed && when === 'after' ? { after: validation } : { before: validation }
}
