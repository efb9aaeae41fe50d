import { isObject } from '../../../lib/objects.ts'
import { TurnoutError } from '../../error.ts'

type Json = Readonly<Record<string, unknown>>
export type JsonSchema = Record<string, unknown>

/** What a published schema may come to; more would be no description of inputs. */
const MOST_NODES = 4_000
const MOST_DEPTH = 12
const MOST_PROPERTIES = 200
const MOST_VALUES = 500
const MOST_ALTERNATIVES = 16
const MOST_TEXT = 600
const MOST_VALUE_LENGTH = 2_000

const UNUSABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const NUMERIC = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  number: NUMERIC,
  integer: NUMERIC,
  string: ['minLength', 'maxLength'],
  array: ['minItems', 'maxItems'],
}
const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

const isSmall = (value: unknown): boolean => (JSON.stringify(value) ?? '').length <= MOST_VALUE_LENGTH

/**
 * Takes a schema that somebody has published apart and builds one of our own
 * from it: references are put in, so that it stands alone; only keywords
 * that describe values are kept, no patterns that could be made to run for
 * ever; what goes round in circles or too deep becomes anything.
 */
export class Simplifier {
  readonly #root: Json
  #nodes = 0

  /** @param root The document that references lead into. */
  constructor(root: Json) {
    this.#root = root
  }

  /** @throws TurnoutError invalid_input for one that is too large */
  simplify(schema: unknown, depth = 0, path: readonly string[] = []): JsonSchema {
    this.#nodes += 1
    if (this.#nodes > MOST_NODES) {
      throw new TurnoutError('invalid_input', `schema must have at most ${MOST_NODES} parts.`, { param: 'schema' })
    }
    if (!isObject(schema) || depth > MOST_DEPTH) return {}
    if (typeof schema.$ref === 'string') {
      if (path.includes(schema.$ref)) return {}
      const { $ref, ...beside } = schema
      const found = this.find($ref)
      return this.simplify({ ...(isObject(found) ? found : {}), ...beside }, depth + 1, [...path, $ref])
    }
    const whole = Array.isArray(schema.allOf) ? this.#merged(schema, depth, path) : schema
    const alternatives = whole.anyOf ?? whole.oneOf
    if (Array.isArray(alternatives)) return this.#anyOf(whole, alternatives, depth, path)
    if (Array.isArray(whole.type)) {
      const types = whole.type.filter((type) => type !== 'null')
      if (types.length === 1) return this.simplify({ ...whole, type: types[0] }, depth + 1, path)
      const { type: _, ...rest } = whole
      return this.#anyOf(
        rest,
        types.map((type) => ({ ...rest, type })),
        depth,
        path,
      )
    }
    return this.#plain(whole, depth, path)
  }

  /** What a local reference leads to. */
  find(reference: string): unknown {
    if (!reference.startsWith('#/') || reference.length > 1_000) return undefined
    let at: unknown = this.#root
    for (const key of reference.slice(2).split('/')) {
      const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
      if (!isObject(at) || !Object.hasOwn(at, name)) return undefined
      at = at[name]
    }
    return at
  }

  /** `allOf` as generators use it: one or more references with a title and a default beside them. */
  #merged({ allOf, ...beside }: Json, depth: number, path: readonly string[]): Json {
    const parts = (allOf as unknown[]).slice(0, MOST_ALTERNATIVES).map((part) => this.simplify(part, depth + 1, path))
    const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}), beside.properties ?? {})
    const required = [...parts, beside].flatMap((part) => (Array.isArray(part.required) ? part.required : []))
    return {
      ...Object.assign({}, ...parts),
      ...beside,
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
    }
  }

  #anyOf(schema: Json, alternatives: readonly unknown[], depth: number, path: readonly string[]): JsonSchema {
    const { anyOf: _, oneOf: __, ...beside } = schema
    const present = alternatives.filter((each) => !(isObject(each) && each.type === 'null'))
    const [only] = present
    if (present.length === 1 && isObject(only)) return this.simplify({ ...only, ...beside }, depth + 1, path)
    if (present.length > MOST_ALTERNATIVES) return this.#notes(beside)
    const anyOf = present.map((each) => this.simplify(each, depth + 1, path))
    // Where one of them takes anything, so do all together.
    const open = anyOf.some((each) => Object.keys(each).every((key) => key === 'description' || key === 'title'))
    return { ...(open || anyOf.length === 0 ? {} : { anyOf }), ...this.#notes(beside) }
  }

  #plain(schema: Json, depth: number, path: readonly string[]): JsonSchema {
    const type = isObject(schema.properties) && schema.type === undefined ? 'object' : schema.type
    const result: JsonSchema = {}
    if (TYPES.has(type)) result.type = type
    const values = schema.const === undefined ? schema.enum : [schema.const]
    if (Array.isArray(values)) {
      const kept = values.filter((value) => value !== null && isSmall(value))
      // Too long a list says nothing: then the provider decides.
      if (kept.length > 0 && kept.length <= MOST_VALUES) result.enum = [...new Set(kept)]
    }
    for (const keyword of KEYWORDS[String(type)] ?? []) {
      const value = schema[keyword]
      if (typeof value === 'number' && Number.isFinite(value)) result[keyword] = value
    }
    // OpenAPI 3.0 has a flag here, later ones a number.
    if (schema.exclusiveMinimum === true) swap(result, 'minimum', 'exclusiveMinimum')
    if (schema.exclusiveMaximum === true) swap(result, 'maximum', 'exclusiveMaximum')
    if (result.multipleOf !== undefined && Number(result.multipleOf) <= 0) delete result.multipleOf
    for (const keyword of ['minLength', 'maxLength', 'minItems', 'maxItems']) {
      if (result[keyword] !== undefined && !(Number.isSafeInteger(result[keyword]) && Number(result[keyword]) >= 0)) {
        delete result[keyword]
      }
    }
    if (type === 'array') result.items = this.simplify(schema.items, depth + 1, path)
    if (type === 'object') Object.assign(result, this.#object(schema, depth, path))
    return { ...result, ...this.#notes(schema) }
  }

  #object({ properties, required }: Json, depth: number, path: readonly string[]): JsonSchema {
    if (!isObject(properties)) return {}
    const names = Object.keys(properties)
    if (names.length > MOST_PROPERTIES) {
      throw new TurnoutError('invalid_input', `schema must have at most ${MOST_PROPERTIES} properties in an object.`, {
        param: 'schema',
      })
    }
    const kept = names.filter((name) => name.length <= 100 && !UNUSABLE.has(name))
    const needed = Array.isArray(required) ? required.filter((name) => kept.includes(name as string)) : []
    return {
      properties: Object.fromEntries(kept.map((name) => [name, this.simplify(properties[name], depth + 1, path)])),
      ...(needed.length > 0 && { required: [...new Set(needed)] }),
    }
  }

  /** What a schema says to people, and the value where none is given. */
  #notes({ description, default: usual, examples }: Json): JsonSchema {
    const first = Array.isArray(examples) ? examples[0] : undefined
    return {
      ...(typeof description === 'string' && { description: description.slice(0, MOST_TEXT) }),
      ...(usual !== undefined && usual !== null && isSmall(usual) && { default: usual }),
      ...(first !== undefined && first !== null && isSmall(first) && { examples: [first] }),
    }
  }
}

function swap(schema: JsonSchema, from: string, to: string): void {
  if (schema[from] === undefined) return
  schema[to] = schema[from]
  delete schema[from]
}
