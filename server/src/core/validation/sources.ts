import type { Validation, ValidationTime } from '@turnout/contract'

/** The rules of a pool, of a role and of a request together. Each of them holds, so that none weakens another. */
export interface Combined {
  validations: readonly Validation[]
  /** Undefined where none of them says. */
  when: ValidationTime | undefined
}

/** Undefined where nobody asks for anything. What is said twice counts once. */
export function combine(sources: readonly (Validation | undefined)[]): Combined | undefined {
  const given = sources.filter((source) => source !== undefined)
  if (given.length === 0) return undefined
  const different = new Map(given.map((validation) => [JSON.stringify(validation), validation]))
  const times = given.map(({ when }) => when)
  const when = times.includes('before') ? 'before' : times.includes('after') ? 'after' : undefined
  return { validations: [...different.values()], when }
}
