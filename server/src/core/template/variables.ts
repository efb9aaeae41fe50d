import { HEX_COLOR, type TemplateVariable } from '@turnout/contract'
import type { InputProblem } from '../input.ts'

/** Null: not given, and without a default. */
export type VariableValue = string | number | boolean | null
export type VariableValues = Readonly<Record<string, VariableValue>>
type Definitions = Readonly<Record<string, TemplateVariable>>

const LINE_BREAK = /[\r\n\u2028\u2029]/
/** Characters without a look of their own, which no text on a picture is to have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

const isDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

const PICTURE =
  /^(?:https?:\/\/\S+|s3:\/\/\S+|data:image\/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=]+|[A-Za-z][A-Za-z0-9_:.-]{2,199})$/i

type Check<Variable> = (value: unknown, variable: Variable) => string | undefined

const words =
  (multiline: boolean): Check<{ minLength?: number; maxLength: number }> =>
  (value, { minLength = 0, maxLength }) => {
    if (typeof value !== 'string') return 'must be a string'
    const length = [...value].length
    if (length < minLength) return `must have at least ${minLength} character${minLength === 1 ? '' : 's'}`
    if (length > maxLength) return `must have at most ${maxLength} character${maxLength === 1 ? '' : 's'}`
    if (CONTROL.test(value)) return 'must not have control characters'
    return !multiline && LINE_BREAK.test(value) ? 'must be a single line' : undefined
  }

const amount: Check<{ type: string; min?: number; max?: number }> = (value, { type, min, max }) => {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return `must be a ${type === 'integer' ? 'whole ' : ''}number`
  if (type === 'integer' && !Number.isSafeInteger(value)) return 'must be a whole number'
  if (min !== undefined && value < min) return `must be at least ${min}`
  return max !== undefined && value > max ? `must be at most ${max}` : undefined
}

const CHECKS = {
  string: words(false),
  text: words(true),
  number: amount,
  integer: amount,
  boolean: (value: unknown) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  color: (value: unknown) =>
    typeof value === 'string' && HEX_COLOR.test(value) ? undefined : 'must be a colour such as "#1a2b3c"',
  url: (value: unknown) => {
    const allowed = 'must be an http, https or s3 URL'
    if (typeof value !== 'string' || value.length > 4000 || !URL.canParse(value)) return allowed
    return /^(?:https?|s3):$/.test(new URL(value).protocol) ? undefined : allowed
  },
  image: (value: unknown) =>
    typeof value === 'string' && PICTURE.test(value)
      ? undefined
      : 'must be an http, https or s3 URL, a data URL of a picture with base64, or the id of an artifact',
  enum: (value: unknown, { options }: { options: readonly string[] }) =>
    typeof value === 'string' && options.includes(value)
      ? undefined
      : `must be one of ${options.map((option) => JSON.stringify(option)).join(', ')}`,
  date: (value: unknown, { min, max }: { min?: string; max?: string }) => {
    if (typeof value !== 'string' || !isDate(value)) return 'must be a date such as "2026-12-24"'
    if (min !== undefined && value < min) return `must be ${min} or later`
    return max !== undefined && value > max ? `must be ${max} or earlier` : undefined
  },
} satisfies Record<TemplateVariable['type'], unknown>

/** What is wrong with a value, to be read on after its name. */
export const problemOf = (variable: TemplateVariable, value: unknown): string | undefined =>
  (CHECKS[variable.type] as Check<TemplateVariable>)(value, variable)

/**
 * The values of all variables of a template: as given, by default, or null. An
 * empty text is the same as none.
 */
export function readVariables(
  definitions: Definitions,
  given: Readonly<Record<string, unknown>>,
): { values: VariableValues; problems: InputProblem[] } {
  const values: Record<string, VariableValue> = Object.create(null)
  const problems: InputProblem[] = []
  const path = (name: string) => `variables.${name}`
  for (const [name, variable] of Object.entries(definitions)) {
    const sent = Object.hasOwn(given, name) ? given[name] : undefined
    const value = sent === undefined || sent === null || sent === '' ? (variable.default ?? null) : sent
    values[name] = null
    if (value === null) {
      if (variable.required) problems.push({ path: path(name), message: 'is required' })
      continue
    }
    const problem = problemOf(variable, value)
    if (problem === undefined) values[name] = value as VariableValue
    else problems.push({ path: path(name), message: problem })
  }
  const known = Object.keys(definitions)
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(definitions, name)) continue
    const allowed = known.length > 0 ? `allowed: ${known.join(', ')}` : 'the template has none'
    problems.push({ path: path(name), message: `is not known; ${allowed}` })
  }
  return { values, problems }
}
