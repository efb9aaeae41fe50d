import { isObject } from '../../lib/objects.ts'

interface Field {
  type: string
  rule?: 'repeated'
  keyType?: string
  options?: Readonly<Record<string, unknown>>
}

/** A node of a protobuf.js JSON descriptor: a namespace, a message or an enum. */
interface Node {
  nested?: Readonly<Record<string, Node>>
  fields?: Readonly<Record<string, Field>>
  oneofs?: Readonly<Record<string, { oneof: readonly string[] }>>
  values?: Readonly<Record<string, number>>
}

/** Fields that the service has and the descriptor does not have yet: message, field, type. */
export type NewerFields = Readonly<Record<string, Readonly<Record<string, Field>>>>

const isInteger = (value: unknown, bits: number): boolean =>
  Number.isInteger(value) && Math.abs(value as number) <= 2 ** (bits - 1)

/** Standard and URL-safe base64, as protobuf's JSON mapping takes both. */
const isBase64 = (value: unknown): boolean => typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value)

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bytes: isBase64,
  bool: (value) => typeof value === 'boolean',
  float: Number.isFinite,
  double: Number.isFinite,
  int32: (value) => isInteger(value, 32),
  int64: (value) => isInteger(value, 64) || (typeof value === 'string' && /^-?\d+$/.test(value)),
  'google.protobuf.Value': () => true,
  'google.protobuf.Struct': isObject,
  'google.protobuf.Duration': (value) => typeof value === 'string' && /^\d+(\.\d+)?s$/.test(value),
}

/**
 * Holds JSON to protobuf messages as strictly as Google's servers do: names of
 * fields in camel case, types, enum names, required fields, one member of a
 * oneof. Source of the rules: protobuf's JSON mapping; google.api.field_behavior.
 */
export class ProtoValidator {
  readonly #root: Node
  readonly #home: string[]
  readonly #newer: NewerFields

  /** `home` is the package whose messages are checked, such as `google.ai.generativelanguage.v1beta`. */
  constructor(descriptor: string, home: string, newer: NewerFields = {}) {
    this.#root = JSON.parse(descriptor) as Node
    this.#home = home.split('.')
    this.#newer = newer
  }

  /** What is wrong with a message, each with its path; `inUrl` are the required fields that stand in the URL. */
  problems(message: string, value: unknown, inUrl: readonly string[] = []): string[] {
    return [...this.#message(value, [...this.#home, message], '', inUrl)]
  }

  #node(path: readonly string[]): Node | undefined {
    return path.reduce<Node | undefined>((node, name) => node?.nested?.[name], this.#root)
  }

  /** A type by its name as seen from a message: innermost scope first. */
  #find(type: string, scope: readonly string[]): string[] {
    for (let depth = scope.length; depth >= 0; depth -= 1) {
      const path = [...scope.slice(0, depth), ...type.split('.')]
      if (this.#node(path)) return path
    }
    throw new Error(`the descriptor has no type ${type}`)
  }

  *#message(value: unknown, path: string[], at: string, inUrl: readonly string[] = []): Iterable<string> {
    if (!isObject(value)) {
      yield `${at || '.'} is not an object`
      return
    }
    const name = path.at(-1)!
    const { fields = {}, oneofs = {} } = this.#node(path) ?? {}
    const known = { ...fields, ...this.#newer[name] }
    for (const [key, inner] of Object.entries(value)) {
      const field = known[key]
      if (field === undefined) yield `${at}.${key} is no field of ${name}`
      else yield* this.#field(inner, field, path, `${at}.${key}`)
    }
    for (const [key, { options }] of Object.entries(known)) {
      const isRequired = options?.['(google.api.field_behavior)'] === 'REQUIRED' && !inUrl.includes(key)
      if (isRequired && isDefault(value[key])) yield `${at}.${key} is required`
    }
    for (const { oneof } of Object.values(oneofs)) {
      const set = oneof.filter((key) => key in value)
      if (set.length > 1) yield `${at || '.'} has ${set.join(' and ')}, which exclude each other`
    }
  }

  *#field(value: unknown, { rule, keyType, ...field }: Field, scope: string[], at: string): Iterable<string> {
    if (keyType !== undefined) {
      if (!isObject(value)) yield `${at} is not a map`
      else for (const [key, inner] of Object.entries(value)) yield* this.#field(inner, field, scope, `${at}.${key}`)
      return
    }
    if (rule === 'repeated') {
      if (!Array.isArray(value)) yield `${at} is not a list`
      else for (const [i, inner] of value.entries()) yield* this.#field(inner, field, scope, `${at}[${i}]`)
      return
    }
    const scalar = SCALARS[field.type]
    if (scalar) {
      if (!scalar(value)) yield `${at} is no ${field.type}`
      return
    }
    const path = this.#find(field.type, scope)
    const names = this.#node(path)?.values
    if (names === undefined) yield* this.#message(value, path, at)
    else if (typeof value !== 'string' || !(value in names)) yield `${at} is no ${field.type}: ${JSON.stringify(value)}`
  }
}

/** What protobuf cannot tell from an absent field. */
const isDefault = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
