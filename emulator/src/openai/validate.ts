import { isObject } from '../json.ts'
import type { JsonObject } from '../types.ts'
import { type ApiError, badRequest } from './errors.ts'

interface Rule {
  required?: true
  nullable?: true
}

/** What one field accepts. Sizes are characters for strings, elements for arrays. */
export type Field = Rule &
  (
    | { kind: 'string'; min?: number; max?: number; values?: readonly string[]; pattern?: RegExp }
    | { kind: 'integer' | 'number'; min?: number; max?: number }
    | { kind: 'boolean' }
    | { kind: 'array'; min?: number; max?: number; items?: Field }
    | { kind: 'object'; fields?: Fields; values?: Field }
    | { kind: 'either'; of: readonly Field[] }
    | { kind: 'any' }
  )

export type Fields = Readonly<Record<string, Field>>

/**
 * How an endpoint names a field it does not know: the older ones speak of a
 * request argument without `param`, the newer ones of an unknown parameter.
 */
export type UnknownStyle = 'argument' | 'parameter'

const NAMES: Record<Field['kind'], string> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a decimal',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  either: 'another type',
  any: 'any value',
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function quotedList(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  if (quoted.length < 3) return quoted.join(' and ')
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`
}

export function invalidValue(value: unknown, values: readonly string[], path: string): ApiError {
  return badRequest(
    `Invalid value: '${String(value)}'. Supported values are: ${quotedList(values)}.`,
    path,
    'invalid_value',
  )
}

export function missing(path: string): ApiError {
  return badRequest(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter')
}

function expectedNames(field: Field): string {
  if (field.kind !== 'either') return NAMES[field.kind]
  return `one of ${field.of.map((option) => NAMES[option.kind].replace(/^an? /, 'a ')).join(' or ')}`
}

function wrongType(field: Field, value: unknown, path: string): ApiError {
  return badRequest(
    `Invalid type for '${path}': expected ${expectedNames(field)}, but got ${typeName(value)} instead.`,
    path,
    'invalid_type',
  )
}

function hasKind(kind: Field['kind'], value: unknown): boolean {
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'number') return typeof value === 'number'
  if (kind === 'array') return Array.isArray(value)
  if (kind === 'object') return isObject(value)
  return kind === 'any' || typeof value === kind
}

type Sized = { min?: number; max?: number }

function checkSize(field: Sized, size: number, what: 'string' | 'array', path: string): void {
  const named = what === 'string' ? 'a string' : 'an array'
  if (field.min !== undefined && size < field.min) {
    const got = size === 0 ? `an empty ${what}` : `${named} with length ${size}`
    throw badRequest(
      `Invalid '${path}': ${size === 0 ? `empty ${what}` : `${what} too short`}. Expected ${named} with minimum length ${field.min}, but got ${got} instead.`,
      path,
      size === 0 ? `empty_${what}` : `${what}_below_min_length`,
    )
  }
  if (field.max !== undefined && size > field.max) {
    throw badRequest(
      `Invalid '${path}': ${what} too long. Expected ${named} with maximum length ${field.max}, but got ${named} with length ${size} instead.`,
      path,
      `${what}_above_max_length`,
    )
  }
}

function checkRange(field: Sized & { kind: 'integer' | 'number' }, value: number, path: string): void {
  const what = field.kind === 'integer' ? 'integer' : 'decimal'
  if (field.min !== undefined && value < field.min) {
    throw badRequest(
      `Invalid '${path}': ${what} below minimum value. Expected a value >= ${field.min}, but got ${value} instead.`,
      path,
      `${what}_below_min_value`,
    )
  }
  if (field.max !== undefined && value > field.max) {
    throw badRequest(
      `Invalid '${path}': ${what} above maximum value. Expected a value <= ${field.max}, but got ${value} instead.`,
      path,
      `${what}_above_max_value`,
    )
  }
}

function checkEither(field: Field & { kind: 'either' }, value: unknown, path: string): void {
  const option = field.of.find((candidate) => hasKind(candidate.kind, value))
  if (!option) throw wrongType(field, value, path)
  checkField(option, value, path)
}

function checkString(field: Field & { kind: 'string' }, value: string, path: string): void {
  if (field.values && !field.values.includes(value)) throw invalidValue(value, field.values, path)
  checkSize(field, value.length, 'string', path)
  if (field.pattern && !field.pattern.test(value)) {
    throw badRequest(
      `Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '${field.pattern.source}'.`,
      path,
      'invalid_value',
    )
  }
}

function checkArray(field: Field & { kind: 'array' }, value: readonly unknown[], path: string): void {
  checkSize(field, value.length, 'array', path)
  const { items } = field
  if (!items) return
  for (const [index, item] of value.entries()) checkField(items, item, `${path}[${index}]`)
}

function checkObject(field: Field & { kind: 'object' }, value: JsonObject, path: string): void {
  if (field.fields) checkFields(field.fields, value, path)
  const { values } = field
  if (!values) return
  for (const [key, item] of Object.entries(value)) checkField(values, item, `${path}.${key}`)
}

/**
 * Holds one present value against its field.
 *
 * @throws ApiError 400 in the words and with the `code` of the real API
 */
function checkField(field: Field, value: unknown, path: string): void {
  if (value === null && field.nullable) return
  if (field.kind !== 'either' && !hasKind(field.kind, value)) throw wrongType(field, value, path)
  if (field.kind === 'either') checkEither(field, value, path)
  else if (field.kind === 'string') checkString(field, value as string, path)
  else if (field.kind === 'integer' || field.kind === 'number') checkRange(field, value as number, path)
  else if (field.kind === 'array') checkArray(field, value as unknown[], path)
  else if (field.kind === 'object') checkObject(field, value as JsonObject, path)
}

/**
 * Holds an object against the fields it may have; a field that is absent from the table is refused by name.
 *
 * @throws ApiError 400
 */
export function checkFields(fields: Fields, value: JsonObject, path = '', style: UnknownStyle = 'parameter'): void {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key))
  if (unknown.length > 0 && style === 'argument') {
    throw badRequest(`Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`)
  }
  if (unknown.length > 0) {
    const first = at(unknown[0] as string)
    throw badRequest(`Unknown parameter: '${first}'.`, first, 'unknown_parameter')
  }
  for (const [key, field] of Object.entries(fields)) {
    if (value[key] === undefined) {
      if (field.required) throw missing(at(key))
    } else checkField(field, value[key], at(key))
  }
}
