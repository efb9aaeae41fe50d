import type { Validation } from '@turnout/contract'
import { compileSchema } from '../structured/schema.ts'
import { patternProblem } from './pattern.ts'

/** What the contract cannot see of rules: whether they can be used. `path` is below them. */
export interface ValidationProblem {
  path: readonly string[]
  message: string
}

/** Everything that is wrong with rules, but for whether their validator exists. */
export function validationProblems({ schema, pattern }: Validation): ValidationProblem[] {
  const problems: ValidationProblem[] = []
  if (schema) {
    const compiled = compileSchema(schema)
    if ('obstacle' in compiled) {
      problems.push({ path: ['schema'], message: `cannot be used as a JSON Schema: ${compiled.obstacle}` })
    }
  }
  const problem = pattern === undefined ? undefined : patternProblem(pattern)
  if (problem) problems.push({ path: ['pattern'], message: problem })
  return problems
}
