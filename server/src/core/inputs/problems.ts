import type { ErrorObject, ValidateFunction } from 'ajv'
import { nearestNames } from '../../lib/nearest.ts'
import { problemOf } from '../image/inputs.ts'
import type { InputProblem } from '../input.ts'

/** More do not help anybody. */
const MOST = 50

/** Keywords that only say that something inside went wrong, which is told itself. */
const WRAPPERS: ReadonlySet<string> = new Set(['if', 'allOf', '$ref'])

const MINIMA: Readonly<Record<string, string>> = {
  '>=': 'at least',
  '<=': 'at most',
  '>': 'more than',
  '<': 'less than',
}

/** The alternatives of an `anyOf` that are required inputs and nothing else. */
function alternatives({ keyword, instancePath, schema }: ErrorObject): string[] | undefined {
  if (keyword !== 'anyOf' || instancePath !== '' || !Array.isArray(schema)) return undefined
  const names = schema.map((each: { required?: unknown }) =>
    Array.isArray(each.required) ? each.required[0] : undefined,
  )
  return names.every((name) => typeof name === 'string') ? names : undefined
}

/** What is wrong in better words than the validator's, for the keywords that clients meet most. */
function inOurWords(error: ErrorObject, root: string): InputProblem {
  const named = alternatives(error)
  if (named) {
    const [first, ...others] = named
    const also = others.length === 0 ? '' : `; ${others.join(' or ')} may take its place`
    return { path: `${root}.${first}`, message: `is required${also}` }
  }
  const { keyword, params } = error
  const { path, message } = problemOf(error, root)
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty)
    const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {})
    const [nearest] = nearestNames(name, known)
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
    return { path, message: `is not known${hint}; allowed: ${known.join(', ')}` }
  }
  const comparison = typeof params.comparison === 'string' ? MINIMA[params.comparison] : undefined
  if (comparison !== undefined) return { path, message: `must be ${comparison} ${params.limit}` }
  if (keyword === 'pattern' && path.endsWith('aspect_ratio'))
    return { path, message: 'must be two whole numbers such as 16:9' }
  return { path, message }
}

/** Everything that is wrong with a part of a request, each with its path. */
export function problemsOf(validate: ValidateFunction, value: unknown, root: string): InputProblem[] {
  if (validate(value)) return []
  const errors = validate.errors ?? []
  // An alternative that was not taken is told once, by the anyOf around it.
  const around = new Set(errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => schemaPath))
  const inside = ({ schemaPath }: ErrorObject) => [...around].some((path) => schemaPath.startsWith(`${path}/`))
  return errors
    .filter((error) => !WRAPPERS.has(error.keyword) && !inside(error))
    .slice(0, MOST)
    .map((error) => inOurWords(error, root))
}
