import { PatternError } from './pattern.ts'
import { UnsatisfiableError } from './unsatisfiable.ts'

/**
 * Does what composes an answer; a schema that no value satisfies becomes the provider's refusal.
 *
 * @param refuse makes the refusal from an English sentence
 */
export function writing<T>(work: () => T, refuse: (message: string) => Error): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof PatternError || error instanceof UnsatisfiableError)) throw error
    throw refuse(`The emulator cannot write a value for this schema. ${error.message}`)
  }
}
