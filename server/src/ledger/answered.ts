import { TurnoutError } from '../core/error.ts'

/** @throws TurnoutError overloaded, for whatever the database failed with */
export async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    if (error instanceof TurnoutError) throw error
    throw new TurnoutError('overloaded', 'The database that holds the usage does not answer right now.', {
      retryAfterMs: 1_000,
      cause: error,
    })
  }
}
