import { z } from 'zod'
import { TurnoutError } from './error.ts'

/** One thing that is wrong with a request. */
export interface InputProblem {
  /** Such as `options.width` or `aliases[0]`; empty for the body as a whole. */
  path: string
  /** What is allowed; reads on after the path. */
  message: string
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
}

function bound(issue: { origin: string; inclusive?: boolean }, limit: number | bigint, side: 'least' | 'most'): string {
  const counted = COUNTED[issue.origin]
  if (counted) return `must have at ${side} ${limit} ${counted[Number(limit) === 1 ? 0 : 1]}`
  if (issue.inclusive === false) return `must be ${side === 'least' ? 'more' : 'less'} than ${limit}`
  return `must be at ${side} ${limit}`
}

/** What is allowed, for the kinds of issue that the schemas of the contract bring up; else zod's own words. */
function allowed(issue: z.core.$ZodRawIssue): string | undefined {
  const must = issue.input === undefined ? 'is required and must be' : 'must be'
  switch (issue.code) {
    case 'invalid_type':
      return `${must} ${NOUNS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.expected === 'stringbool'
        ? `${must} true or false`
        : `${must} ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return bound(issue, issue.minimum, 'least')
    case 'too_big':
      return bound(issue, issue.maximum, 'most')
    case 'invalid_format':
      return issue.format === 'regex' ? undefined : `must be a valid ${issue.format}`
    case 'unrecognized_keys': {
      const shape = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
      return `is not known; allowed: ${shape.join(', ')}`
    }
    case 'invalid_union': {
      const { discriminator, options } = issue as { discriminator?: string; options?: unknown[] }
      return discriminator && options
        ? `${must} one of ${options.map((value) => JSON.stringify(value)).join(', ')}`
        : undefined
    }
    default:
      return undefined
  }
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`
    return path ? `${path}.${String(key)}` : String(key)
  }, '')
}

/**
 * The issues of the alternative that the input came nearest to: the one whose
 * first issue lies deepest, where a value of the right kind has a wrong detail.
 */
function nearest(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map(({ path }) => path.length))
  const deepest = Math.max(0, ...alternatives.map(depth))
  return deepest === 0 ? undefined : alternatives.find((issues) => depth(issues) === deepest)
}

/** What zod says of a union where the schema says nothing better. */
const ZOD_UNION_MESSAGE = 'Invalid input'

function problemOf(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): InputProblem[] {
  const path = [...parents, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: issue.message }))
  }
  if (issue.code === 'invalid_union' && issue.message === ZOD_UNION_MESSAGE) {
    const inner = nearest(issue.errors)
    if (inner) return inner.flatMap((each) => problemOf(each, path))
    const messages = new Set(issue.errors.flatMap((issues) => issues.map(({ message }) => message)))
    if (messages.size > 0) return [{ path: pathOf(path), message: [...messages].join(', or ') }]
  }
  return [{ path: pathOf(path), message: issue.message }]
}

/** The refusal of a request: its message tells the first problem, its details all of them. */
export function refuse(problems: readonly InputProblem[], part = 'body'): TurnoutError {
  const { path, message } = problems[0] ?? { path: '', message: 'is not valid' }
  const subject = path || (part === 'body' ? 'The request body' : 'The query')
  const more = problems.length > 1 ? ` (${problems.length - 1} more in details)` : ''
  return new TurnoutError('invalid_input', `${subject} ${message}${more}.`, {
    details: problems,
    ...(path && { param: path }),
  })
}

type Checked<T> = { value: T; error?: undefined } | { error: TurnoutError }

/** Checks one part of a request against its schema. */
export function validate<T extends z.ZodType>(schema: T, data: unknown, part?: string): Checked<z.output<T>> {
  const result = schema.safeParse(data, { error: allowed })
  if (result.success) return { value: result.data }
  return {
    error: refuse(
      result.error.issues.flatMap((issue) => problemOf(issue, [])),
      part,
    ),
  }
}

/** The body of a request, checked. @throws TurnoutError invalid_input */
export function check<T extends z.ZodType>(schema: T, data: unknown): z.output<T> {
  const checked = validate(schema, data)
  if (checked.error) throw checked.error
  return checked.value
}
