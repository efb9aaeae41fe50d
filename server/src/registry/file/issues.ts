import type { z } from 'zod'
import { ZodObject } from 'zod'
import { redact } from '../../lib/redact.ts'

/** What is wrong with one field. The message says what is allowed and never repeats the value, which may be a secret. */
export interface FieldIssue {
  path: readonly PropertyKey[]
  message: string
}

/** The value if the schema takes it, else everything that is wrong with it. */
export function validate<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { ok: true; value: z.output<T> } | { ok: false; issues: FieldIssue[] } {
  const parsed = schema.safeParse(value, { error: wording })
  if (parsed.success) return { ok: true, value: parsed.data }
  const issues = parsed.error.issues.flatMap((issue): FieldIssue[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: issue.message }))
  })
  return { ok: false, issues }
}

/** A path as people write it: `models[0].limits.images`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += `${text && '.'}${readable(String(part))}`
  }
  return text
}

/** A key is shown unless it may be a secret that slipped into the place of one. */
const readable = (key: string): string =>
  key.length <= 32 && /^[\w.-]+$/.test(key) && redact(key, []) === key ? key : '(a key)'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text; put numbers in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of fields',
  record: 'a map',
  array: 'a list',
}

const FORMATS: Readonly<Record<string, string>> = {
  url: 'an address that starts with http:// or https://',
  date: 'a day such as "2026-12-31"',
}

/** What is allowed, for the kinds of issue that the schemas bring up; else the schema's own words. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  const must = issue.input === undefined ? 'is required and must be' : 'must be'
  switch (issue.code) {
    case 'invalid_type':
      return `${must} ${TYPES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `${must} ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    case 'invalid_format':
      return FORMATS[issue.format] && `must be ${FORMATS[issue.format]}`
    case 'invalid_key':
      return issue.issues.map(({ message }: { message: string }) => `the key ${message}`).join('; ')
    case 'unrecognized_keys':
      return `is not known here; allowed: ${issue.inst instanceof ZodObject ? Object.keys(issue.inst.shape).join(', ') : 'nothing'}`
    default:
      return undefined
  }
}

function bound(origin: string, side: string, limit: number | bigint): string {
  if (origin === 'string') return `must be ${side} ${limit} characters long`
  return origin === 'array' ? `must have ${side} ${limit} entries` : `must be ${side} ${limit}`
}
