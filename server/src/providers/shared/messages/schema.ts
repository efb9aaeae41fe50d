import type { JsonSchema } from '../../../core/text.ts'
import { isObject } from '../../../lib/objects.ts'

/** Keywords that narrow a value down but that Anthropic's decoder cannot hold a model to: it is told of them instead. */
const TOLD: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
])
const KEPT: ReadonlySet<string> = new Set(['type', 'title', 'description', 'default', 'required', 'enum', 'const'])
/** Keywords that say nothing of the value. */
const DROPPED: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', 'examples', 'deprecated', 'readOnly'])
const FORMATS: ReadonlySet<unknown> = new Set(
  'date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '),
)

/** Thrown within this file where a schema cannot be put in the decoder's words. */
class Inexpressible extends Error {}

const mapValues = (value: unknown): JsonSchema =>
  Object.fromEntries(Object.entries(asObject(value)).map(([name, schema]) => [name, fit(schema)]))

function asObject(value: unknown): JsonSchema {
  if (!isObject(value)) throw new Inexpressible()
  return value
}

function asSchemas(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Inexpressible()
  return value.map(fit)
}

/** What one keyword becomes; a string is what the model is told instead. */
function keyword(name: string, value: unknown): JsonSchema | string {
  if (KEPT.has(name)) return { [name]: value }
  if (DROPPED.has(name)) return {}
  if (name === 'minItems' && (value === 0 || value === 1)) return { minItems: value }
  if (TOLD.has(name)) return `${name}: ${JSON.stringify(value)}`
  switch (name) {
    case 'format':
      return FORMATS.has(value) ? { format: value } : `format: ${JSON.stringify(value)}`
    case 'properties':
    case '$defs':
    case 'definitions':
      return { [name]: mapValues(value) }
    case 'items':
      return { items: fit(value) }
    case 'anyOf':
    case 'oneOf':
      return { anyOf: asSchemas(value) }
    case 'allOf':
      return { allOf: asSchemas(value) }
    case 'additionalProperties':
      if (value === false) return {}
  }
  throw new Inexpressible()
}

const says = (schema: JsonSchema, type: string): boolean =>
  schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type))

function fit(value: unknown): JsonSchema {
  const schema = asObject(value)
  if (typeof schema.$ref === 'string') {
    if (!/^#\/(\$defs|definitions)\//.test(schema.$ref)) throw new Inexpressible()
    return { $ref: schema.$ref, ...(schema.$defs !== undefined && { $defs: mapValues(schema.$defs) }) }
  }
  if (!['type', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'].some((name) => name in schema)) throw new Inexpressible()
  if (says(schema, 'object') && schema.properties === undefined) throw new Inexpressible()
  if (says(schema, 'array') && schema.items === undefined) throw new Inexpressible()
  const told: string[] = typeof schema.description === 'string' ? [schema.description] : []
  const fitted: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(schema)) {
    const kept = keyword(name, given)
    if (typeof kept === 'string') told.push(kept)
    else Object.assign(fitted, kept)
  }
  if (told.length > 0) fitted.description = told.join('\n')
  if (says(schema, 'object')) fitted.additionalProperties = false
  return fitted
}

/** Whether a definition leads back to itself. */
function isRecursive(schema: JsonSchema): boolean {
  const definitions: JsonSchema = { ...(schema.definitions as JsonSchema), ...(schema.$defs as JsonSchema) }
  const refs = (value: unknown): string[] =>
    [...JSON.stringify(value ?? null).matchAll(/"\$ref":"#\/(?:\$defs|definitions)\/([^"]*)"/g)].map(
      ([, name]) => name!,
    )
  const leads = (name: string, to: string, seen: Set<string>): boolean =>
    refs(definitions[name]).some((next) => next === to || (!seen.has(next) && leads(next, to, seen.add(next))))
  return Object.keys(definitions).some((name) => leads(name, name, new Set()))
}

/**
 * A JSON Schema in the words that Anthropic's constrained decoding takes:
 * objects are closed, and limits of length, size and number are told in the
 * description. Undefined where the meaning would change: open objects,
 * recursion, conditions, anything that may be any value.
 * Source: Anthropic's guide on structured outputs, read November 2026.
 */
export function decodable(schema: JsonSchema): JsonSchema | undefined {
  try {
    return isRecursive(schema) ? undefined : fit(schema)
  } catch (error) {
    if (error instanceof Inexpressible) return undefined
    throw error
  }
}
