import { isObject } from '../json.ts'
import { resolveRef } from '../text/reference.ts'
import type { JsonObject } from '../types.ts'
import { type ApiError, badRequest } from './errors.ts'

/** String formats that strict mode takes (guide "Structured Outputs", supported properties). */
const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']
const REFUSED = ['allOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas']
const MAX_PROPERTIES = 5000
const MAX_NESTING = 10
/** A bound on any schema, so that a hostile one cannot exhaust the stack. */
const MAX_DEPTH = 64

/** Where a schema stands in the request, for its error. */
export interface SchemaPlace {
  /** `response_format 'name'` or `function 'name'`. */
  subject: string
  param: string
  code: string | null
}

type Context = readonly string[]

/** The path as the API prints it: a tuple. */
function tuple(context: Context): string {
  const quoted = context.map((step) => `'${step}'`)
  return quoted.length === 1 ? `(${quoted[0]},)` : `(${quoted.join(', ')})`
}

function typesOf(schema: JsonObject): unknown[] {
  return Array.isArray(schema.type) ? schema.type : [schema.type]
}

class Walk {
  readonly #place: SchemaPlace
  readonly #root: JsonObject
  readonly #strict: boolean
  #properties = 0

  constructor(place: SchemaPlace, root: JsonObject, strict: boolean) {
    this.#place = place
    this.#root = root
    this.#strict = strict
  }

  fail(problem: string, context?: Context): ApiError {
    const at = context === undefined ? '' : `In context=${tuple(context)}, `
    const { subject, param, code } = this.#place
    return badRequest(`Invalid schema for ${subject}: ${at}${problem}`, param, code)
  }

  root(): void {
    const [type] = typesOf(this.#root)
    if (type !== 'object') {
      throw this.fail(`schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type ?? 'None')}"'.`)
    }
    this.visit(this.#root, [], 1, 0)
  }

  visit(schema: unknown, context: Context, nesting: number, depth: number): void {
    if (typeof schema === 'boolean' && !this.#strict) return
    if (!isObject(schema))
      throw this.fail(`${JSON.stringify(schema) ?? 'None'} is not of type 'object', 'boolean'.`, context)
    if (depth > MAX_DEPTH) throw this.fail('the schema is nested too deeply.', context)
    if (schema.$ref !== undefined) this.#reference(schema, context)
    if (this.#strict) this.#checkStrict(schema, context, nesting)
    this.#checkPattern(schema, context)
    const empty = ['enum', 'anyOf', 'oneOf'].find((key) => Array.isArray(schema[key]) && schema[key].length === 0)
    if (empty) throw this.fail(`'${empty}' should be non-empty.`, context)
    for (const key of ['$defs', 'definitions', 'properties'] as const) {
      if (!isObject(schema[key])) continue
      const deeper = key === 'properties' ? nesting + 1 : 1
      for (const [name, child] of Object.entries(schema[key])) {
        this.visit(child, [...context, key, name], deeper, depth + 1)
      }
    }
    for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const) {
      if (!Array.isArray(schema[key])) continue
      for (const [index, child] of schema[key].entries()) {
        this.visit(child, [...context, key, String(index)], nesting, depth + 1)
      }
    }
    if (schema.items !== undefined) this.visit(schema.items, [...context, 'items'], nesting + 1, depth + 1)
    else if (typesOf(schema).includes('array')) throw this.fail('array schema missing items.', context)
  }

  #reference(schema: JsonObject, context: Context): void {
    const others = Object.keys(schema).filter((key) => !['$ref', '$defs', 'definitions'].includes(key))
    if (this.#strict && others.length > 0 && context.length > 0) {
      throw this.fail(`$ref cannot have keywords {${others.map((key) => `'${key}'`).join(', ')}}.`, context)
    }
    if (resolveRef(this.#root, schema.$ref) === undefined) {
      throw this.fail(`reference can only point to definitions defined at the top level of the schema.`, context)
    }
  }

  #checkStrict(schema: JsonObject, context: Context, nesting: number): void {
    if (nesting > MAX_NESTING) throw this.fail(`schema exceeds ${MAX_NESTING} levels of nesting.`, context)
    const refused = REFUSED.find((key) => schema[key] !== undefined)
    if (refused) throw this.fail(`'${refused}' is not permitted.`, context)
    const described = ['type', '$ref', 'anyOf', 'enum', 'const'].some((key) => schema[key] !== undefined)
    if (!described) throw this.fail("schema must have a 'type' key.", context)
    if (typeof schema.format === 'string' && !FORMATS.includes(schema.format)) {
      throw this.fail(`'${schema.format}' is not a valid format.`, context)
    }
    if (typesOf(schema).includes('object') || schema.properties !== undefined) this.#checkObject(schema, context)
  }

  #checkObject(schema: JsonObject, context: Context): void {
    if (schema.additionalProperties !== false) {
      throw this.fail("'additionalProperties' is required to be supplied and to be false.", context)
    }
    const properties = Object.keys(isObject(schema.properties) ? schema.properties : {})
    this.#properties += properties.length
    if (this.#properties > MAX_PROPERTIES) throw this.fail(`schema exceeds ${MAX_PROPERTIES} properties.`, context)
    const required: unknown[] = Array.isArray(schema.required) ? schema.required : []
    const absent = properties.find((name) => !required.includes(name))
    if (absent !== undefined) {
      throw this.fail(
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${absent}'.`,
        context,
      )
    }
    const extra = required.find((name) => !properties.includes(String(name)))
    if (extra !== undefined) throw this.fail(`Extra required key '${String(extra)}' supplied.`, context)
  }

  #checkPattern(schema: JsonObject, context: Context): void {
    if (typeof schema.pattern !== 'string') return
    try {
      new RegExp(schema.pattern, 'u')
    } catch {
      throw this.fail(`'${schema.pattern}' is not a valid regular expression.`, context)
    }
  }
}

/**
 * Holds a JSON Schema against what the API takes; strict mode adds its rules.
 *
 * @throws ApiError 400 that names the place in the schema
 */
export function checkSchema(schema: JsonObject, strict: boolean, place: SchemaPlace): void {
  new Walk(place, schema, strict).root()
}
