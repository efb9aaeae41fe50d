import { isObject } from '../../lib/objects.ts'

interface Shape {
  type: string
  members?: Readonly<Record<string, Member>>
  required?: readonly string[]
  member?: Member
  value?: Member
  enum?: readonly string[]
  min?: number
  max?: number
  pattern?: string
  union?: boolean
  document?: boolean
}

interface Member {
  shape: string
  location?: 'header' | 'headers' | 'uri' | 'querystring'
  locationName?: string
}

interface Operation {
  http: { method: string; requestUri: string }
  input: { shape: string }
}

interface ServiceModel {
  operations: Readonly<Record<string, Operation>>
  shapes: Readonly<Record<string, Shape & { payload?: string }>>
}

export interface SentRequest {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: unknown
}

const isBase64 = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)

/** The patterns are Java's, and hold for the whole text. */
const patternOf = (pattern: string): RegExp =>
  new RegExp(
    `^(?:${pattern
      .replaceAll('\\A', '^')
      .replaceAll('\\z', '$')
      .replaceAll('\\p{ASCII}', '\\x00-\\x7f')
      .replaceAll('\\x00-\\x7f*', '[\\x00-\\x7f]*')
      .replaceAll('\\p{Print}', '\\x20-\\x7e')
      .replaceAll('-:.]', '\\-:.]')})$`,
  )

/**
 * Holds requests to a botocore service model as strictly as the service does:
 * path, headers, names of fields, types, required fields, enums, lengths,
 * ranges, patterns, one member of a union.
 */
export class BotocoreValidator {
  readonly #model: ServiceModel

  constructor(serviceModel: string) {
    this.#model = JSON.parse(serviceModel) as ServiceModel
  }

  /** What is wrong with a request, each with its path. */
  problems(operation: string, request: SentRequest): string[] {
    return [...this.#request(this.#model.operations[operation]!, request)]
  }

  *#request({ http, input }: Operation, { method, url, headers, body }: SentRequest): Iterable<string> {
    if (method !== http.method) yield `method is ${method}, not ${http.method}`
    const shape = this.#model.shapes[input.shape]!
    const inUri = this.#uri(http.requestUri, new URL(url).pathname)
    if (inUri === undefined) yield `path does not fit ${http.requestUri}`
    const inBody: string[] = []
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const isRequired = shape.required?.includes(name) ?? false
      if (member.location === 'uri') {
        yield* this.#value(inUri?.[member.locationName!], member, `uri.${name}`)
      } else if (member.location === 'header') {
        const given = headers[member.locationName!.toLowerCase()]
        if (given !== undefined) yield* this.#value(this.#headerValue(given, member), member, `header.${name}`)
        else if (isRequired) yield `header ${member.locationName} is required`
      } else if (name !== shape.payload) inBody.push(name)
    }
    if (shape.payload !== undefined) yield* this.#payload(body, shape.members![shape.payload]!)
    else yield* this.#structure(body, shape, '', inBody)
  }

  #headerValue(given: string, { shape }: Member): unknown {
    return this.#model.shapes[shape]!.type === 'integer' ? Number(given) : given
  }

  *#payload(body: unknown, { shape }: Member): Iterable<string> {
    const { max = Number.POSITIVE_INFINITY } = this.#model.shapes[shape]!
    const bytes = Buffer.byteLength((body ?? '') as string | Uint8Array)
    if (bytes > max) yield `the body has ${bytes} bytes, more than ${max}`
  }

  #uri(template: string, path: string): Record<string, string> | undefined {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const found = new RegExp(`^${template.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path)
    return found ? Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1]!)])) : undefined
  }

  *#structure(value: unknown, shape: Shape, at: string, only?: readonly string[]): Iterable<string> {
    if (!isObject(value)) {
      yield `${at || '.'} is not an object`
      return
    }
    const members = Object.entries(shape.members ?? {}).filter(([name]) => only === undefined || only.includes(name))
    const known = new Map(members.map(([name, member]) => [member.locationName ?? name, member]))
    for (const [name, inner] of Object.entries(value)) {
      const member = known.get(name)
      if (member === undefined) yield `${at}.${name} is not known`
      else yield* this.#value(inner, member, `${at}.${name}`)
    }
    for (const name of shape.required ?? []) if (known.has(name) && !(name in value)) yield `${at}.${name} is required`
    if (shape.union && Object.keys(value).length !== 1) yield `${at} must have exactly one member`
  }

  *#value(value: unknown, { shape: name }: Member, at: string): Iterable<string> {
    const shape = this.#model.shapes[name]!
    const { type, enum: values, pattern, min = 0, max = Number.POSITIVE_INFINITY } = shape
    const within = (size: number) => size >= min && size <= max
    switch (type) {
      case 'structure':
        if (shape.document) return
        yield* this.#structure(value, shape, at)
        return
      case 'list':
        if (!Array.isArray(value)) yield `${at} is not a list`
        else if (!within(value.length)) yield `${at} has ${value.length} elements`
        else for (const [i, each] of value.entries()) yield* this.#value(each, shape.member!, `${at}[${i}]`)
        return
      case 'map':
        if (!isObject(value)) yield `${at} is not a map`
        else for (const [key, each] of Object.entries(value)) yield* this.#value(each, shape.value!, `${at}.${key}`)
        return
      case 'blob':
        if (!isBase64(value)) yield `${at} is not base64`
        else if (!within(Buffer.byteLength(value, 'base64'))) yield `${at} is too short or too long`
        return
      case 'boolean':
        if (typeof value !== 'boolean') yield `${at} is not a boolean`
        return
      case 'integer':
      case 'long':
        if (!Number.isInteger(value) || !within(value as number)) yield `${at} is ${String(value)}`
        return
      case 'float':
      case 'double':
        if (!Number.isFinite(value) || !within(value as number)) yield `${at} is ${String(value)}`
        return
      case 'string':
        if (typeof value !== 'string') yield `${at} is not a string`
        else if (!within(value.length)) yield `${at} has ${value.length} characters`
        else if (values && !values.includes(value)) yield `${at} is none of ${values.join(', ')}`
        else if (pattern !== undefined && !patternOf(pattern).test(value)) yield `${at} does not match ${pattern}`
    }
  }
}
