import type { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import { validate } from '../../core/input.ts'

/** What a caller has given, checked. @throws TurnoutError invalid_input by the field's name */
export function checkGiven<T extends z.ZodType>(schema: T, given: unknown, what: string): z.output<T> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TurnoutError('invalid_input', `${what} must be an object.`)
  }
  const checked = validate(schema, given)
  if (checked.error) throw checked.error
  return checked.value
}
