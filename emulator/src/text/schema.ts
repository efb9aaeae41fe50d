import type { JsonObject } from '../types.ts'
import { isSchema, resolveRef } from './reference.ts'
import { UnsatisfiableError } from './unsatisfiable.ts'
import { numberValue, type Source, stringValue } from './values.ts'

/** From this depth on the smallest value is chosen, so that a recursive schema ends. */
const DEEP = 5
const TOO_DEEP = 40
const MAX_VALUES = 20_000

/** The parts of `allOf` and the schema around them as one; good enough for non-strict schemas. */
function merged(schema: JsonObject, root: JsonObject): JsonObject {
  if (!Array.isArray(schema.allOf)) return schema
  const { allOf, ...rest } = schema
  const all = [rest, ...allOf.filter(isSchema).map((part) => resolveRef(root, part.$ref) ?? part)]
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => part.properties ?? {})),
    required: all.flatMap((part) => (Array.isArray(part.required) ? part.required : [])),
  }
}

function isNull(schema: unknown): boolean {
  return isSchema(schema) && (schema.type === 'null' || schema.const === null)
}

/** @throws UnsatisfiableError where there is nothing to choose from */
function some(choices: unknown[]): unknown[] {
  if (choices.length === 0) throw new UnsatisfiableError('The schema leaves no value to choose.')
  return choices
}

class Generator {
  readonly #root: JsonObject
  readonly #source: Source
  #values = 0

  constructor(root: JsonObject, source: Source) {
    this.#root = root
    this.#source = source
  }

  value(given: unknown, name: string, depth: number): unknown {
    if (depth > TOO_DEEP) throw new UnsatisfiableError('The schema refers to itself without an end.')
    if (++this.#values > MAX_VALUES) throw new UnsatisfiableError('The schema asks for too many values.')
    if (!isSchema(given)) return this.#source.random.pick(this.#source.topic.words)
    const schema = merged(this.#follow(given), this.#root)
    if (schema.const !== undefined) return schema.const
    if (Array.isArray(schema.enum)) return this.#member(some(schema.enum))
    const options = schema.anyOf ?? schema.oneOf
    if (Array.isArray(options)) return this.value(this.#option(some(options), depth), name, depth + 1)
    return this.#typed(schema, this.#type(schema, depth), name, depth)
  }

  #follow(given: JsonObject): JsonObject {
    let schema = given
    for (let steps = 0; schema.$ref !== undefined; steps++) {
      const target = resolveRef(this.#root, schema.$ref)
      if (!target || steps > TOO_DEEP) throw new UnsatisfiableError('A reference of the schema leads nowhere.')
      schema = target
    }
    return schema
  }

  /** The value that the prompt mentions, else any. */
  #member(values: unknown[]): unknown {
    const prompt = this.#source.prompt.toLowerCase()
    const mentioned = values.filter((value) => typeof value === 'string' && prompt.includes(value.toLowerCase()))
    return this.#source.random.pick(mentioned.length > 0 ? mentioned : values)
  }

  #option(options: unknown[], depth: number): unknown {
    const simple = options.filter((option) => isNull(option) || (isSchema(option) && option.$ref === undefined))
    if (depth >= DEEP) return options.find(isNull) ?? simple[0] ?? options[0]
    const full = options.filter((option) => !isNull(option))
    return full.length === 0 || this.#source.random.float() < 0.15
      ? this.#source.random.pick(options)
      : this.#source.random.pick(full)
  }

  #type(schema: JsonObject, depth: number): unknown {
    if (Array.isArray(schema.type)) {
      const types = some(schema.type)
      const full = types.filter((type) => type !== 'null')
      if (types.includes('null') && (depth >= DEEP || full.length === 0)) return 'null'
      return this.#source.random.pick(full)
    }
    return schema.type ?? (schema.properties === undefined ? 'string' : 'object')
  }

  #typed(schema: JsonObject, type: unknown, name: string, depth: number): unknown {
    switch (type) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#array(schema, name, depth)
      case 'integer':
      case 'number':
        return numberValue(schema, type === 'integer', this.#source)
      case 'boolean':
        return this.#source.random.float() < 0.5
      case 'null':
        return null
      default:
        return stringValue(schema, name, this.#source)
    }
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const required: unknown[] = Array.isArray(schema.required) ? schema.required : []
    const result: JsonObject = {}
    for (const [name, child] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
      if (depth < DEEP || required.includes(name)) result[name] = this.value(child, name, depth + 1)
    }
    return result
  }

  #array(schema: JsonObject, name: string, depth: number): unknown[] {
    const min = typeof schema.minItems === 'number' ? schema.minItems : 0
    const max = typeof schema.maxItems === 'number' ? schema.maxItems : Math.max(min, 3)
    const length =
      depth >= DEEP ? min : this.#source.random.int(Math.min(Math.max(min, 1), max), Math.min(max, min + 3))
    const singular = name.replace(/s$/, '')
    return Array.from({ length: Math.min(length, MAX_VALUES) }, () => this.value(schema.items, singular, depth + 1))
  }
}

/**
 * A value that satisfies the schema and fits the prompt.
 *
 * @throws UnsatisfiableError, PatternError
 */
export function generateValue(schema: JsonObject, source: Source): unknown {
  return new Generator(schema, source).value(schema, '', 0)
}
