import { isObject } from './json.ts'
import { Problem } from './refusal.ts'
import type { JsonObject } from './types.ts'
import type { Violation } from './violation.ts'

interface Common {
  required?: true
  nullable?: true
}

/** What a value may be. Sizes are characters for strings and elements for lists. */
export type Shape = Common &
  (
    | { is: 'string'; min?: number; max?: number; values?: readonly string[]; pattern?: RegExp }
    | { is: 'integer' | 'number'; min?: number; max?: number }
    | { is: 'boolean' | 'any' }
    | { is: 'list'; min?: number; max?: number; items?: Shape }
    /** `open` objects may have further fields. */
    | { is: 'object'; fields?: Shapes; open?: true; values?: Shape }
    /** The first one of the right type. */
    | { is: 'either'; of: readonly Shape[] }
    /** An object whose fields depend on the value of one of them. */
    | { is: 'tagged'; by: string; of: Readonly<Record<string, Shapes>> }
    /** An object with exactly one of the fields, as unions of AWS and protocol buffers have it. */
    | { is: 'union'; of: Shapes; beside?: Shapes }
  )

export type Shapes = Readonly<Record<string, Shape>>

type Path = Violation['path']

function violated(path: Path, issue: Violation['issue'], value?: unknown): Problem {
  return new Problem({ kind: 'violation', path, issue, value })
}

const EXPECTED: Readonly<Record<Shape['is'], string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  any: 'any value',
  list: 'a list',
  object: 'an object',
  either: 'another type',
  tagged: 'an object',
  union: 'an object',
}

function fits(shape: Shape, value: unknown): boolean {
  switch (shape.is) {
    case 'any':
      return true
    case 'integer':
      return Number.isInteger(value)
    case 'list':
      return Array.isArray(value)
    case 'object':
    case 'tagged':
    case 'union':
      return isObject(value)
    case 'either':
      return shape.of.some((option) => fits(option, value))
    default:
      return typeof value === shape.is
  }
}

function checkSize(shape: { min?: number; max?: number }, value: string | readonly unknown[], path: Path): void {
  if (shape.min !== undefined && value.length < shape.min) {
    throw violated(path, { is: 'short', bound: shape.min }, value)
  }
  if (shape.max !== undefined && value.length > shape.max) throw violated(path, { is: 'long', bound: shape.max }, value)
}

function checkRange(shape: { min?: number; max?: number }, value: number, path: Path): void {
  if (shape.min !== undefined && value < shape.min) throw violated(path, { is: 'below', bound: shape.min }, value)
  if (shape.max !== undefined && value > shape.max) throw violated(path, { is: 'above', bound: shape.max }, value)
}

function checkUnion(shape: Shape & { is: 'union' }, value: JsonObject, path: Path): void {
  checkShape({ ...shape.of, ...shape.beside }, value, path)
  const set = Object.keys(shape.of).filter((key) => value[key] !== undefined && value[key] !== null)
  if (set.length !== 1) throw violated(path, { is: 'union', fields: Object.keys(shape.of) }, value)
}

function checkTagged(shape: Shape & { is: 'tagged' }, value: JsonObject, path: Path): void {
  const tag = value[shape.by]
  if (tag === undefined) throw violated([...path, shape.by], { is: 'missing' })
  const fields = typeof tag === 'string' && Object.hasOwn(shape.of, tag) ? shape.of[tag] : undefined
  if (!fields) throw violated([...path, shape.by], { is: 'value', values: Object.keys(shape.of) }, tag)
  checkShape({ [shape.by]: { is: 'string' }, ...fields }, value, path)
}

function checkString(shape: Shape & { is: 'string' }, value: string, path: Path): void {
  if (shape.values && !shape.values.includes(value)) throw violated(path, { is: 'value', values: shape.values }, value)
  checkSize(shape, value, path)
  if (shape.pattern && !shape.pattern.test(value)) throw violated(path, { is: 'pattern' }, value)
}

function checkList(shape: Shape & { is: 'list' }, value: readonly unknown[], path: Path): void {
  checkSize(shape, value, path)
  const { items } = shape
  if (!items) return
  for (const [index, item] of value.entries()) checkValue(items, item, [...path, index])
}

function checkObject(shape: Shape & { is: 'object' }, value: JsonObject, path: Path): void {
  if (shape.fields) checkShape(shape.fields, value, path, shape.open)
  const { values } = shape
  if (!values) return
  for (const [key, item] of Object.entries(value)) checkValue(values, item, [...path, key])
}

function checkEither(shape: Shape & { is: 'either' }, value: unknown, path: Path): void {
  const option = shape.of.find((candidate) => fits(candidate, value))
  if (option) checkValue(option, value, path)
}

function checkValue(shape: Shape, value: unknown, path: Path): void {
  if (value === null && shape.nullable) return
  if (!fits(shape, value)) throw violated(path, { is: 'type', expected: EXPECTED[shape.is] }, value)
  if (shape.is === 'string') checkString(shape, value as string, path)
  else if (shape.is === 'integer' || shape.is === 'number') checkRange(shape, value as number, path)
  else if (shape.is === 'list') checkList(shape, value as unknown[], path)
  else if (shape.is === 'object') checkObject(shape, value as JsonObject, path)
  else if (shape.is === 'either') checkEither(shape, value, path)
  else if (shape.is === 'tagged') checkTagged(shape, value as JsonObject, path)
  else if (shape.is === 'union') checkUnion(shape, value as JsonObject, path)
}

/**
 * Holds an object against the fields that it may have.
 *
 * @param open lets further fields pass
 * @throws Problem `violation`, which the provider's double puts in its own words
 */
export function checkShape(fields: Shapes, value: JsonObject, path: Path = [], open?: true): void {
  for (const key of open ? [] : Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) throw violated([...path, key], { is: 'unknown' }, value[key])
  }
  for (const [key, shape] of Object.entries(fields)) {
    if (value[key] !== undefined) checkValue(shape, value[key], [...path, key])
    else if (shape.required) throw violated([...path, key], { is: 'missing' })
  }
}
