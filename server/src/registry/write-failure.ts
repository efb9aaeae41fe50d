import { TurnoutError } from '../core/error.ts'

/** The class of SQLSTATE for values that PostgreSQL cannot hold, such as a text with U+0000. */
const DATA_EXCEPTION = /^22\w{3}$/

/**
 * Why a record was not written, from what the database threw.
 * @param subjects What such records are, such as "models".
 */
export function writeFailure(error: unknown, subjects: string): TurnoutError {
  if (DATA_EXCEPTION.test(String((error as { code?: unknown }).code))) {
    return new TurnoutError('invalid_input', 'The record has characters that cannot be stored.', { cause: error })
  }
  return new TurnoutError('overloaded', `The database does not answer, so ${subjects} cannot be changed now.`, {
    cause: error,
  })
}
