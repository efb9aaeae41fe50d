import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { readWire } from './wire.ts'

type Json = Readonly<Record<string, unknown>>

/** Says what is wrong with a request body; empty where nothing is. */
export type RequestValidator = (body: unknown) => string[]

/** An OpenAPI description of the wire folder, in JSON or YAML. */
export const readOpenApi = (path: string): Json =>
  (path.endsWith('.json') ? JSON.parse(readWire(path)) : parse(readWire(path))) as Json

const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/** What a local reference leads to. */
function follow(spec: Json, value: unknown): Json {
  const { $ref } = asJson(value)
  if (typeof $ref !== 'string') return asJson(value)
  const names = $ref.replace(/^#\//, '').split('/')
  return follow(
    spec,
    names.reduce<unknown>((at, name) => asJson(at)[name.replaceAll('~1', '/').replaceAll('~0', '~')], spec),
  )
}

/**
 * Schemas as their authors mean them. `oneOf` stands for alternatives that a
 * discriminator tells apart and that overlap without it, so it becomes `anyOf`;
 * OpenAPI 3.0's `nullable` and boolean bounds become what JSON Schema has for them.
 */
function asMeant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMeant)
  if (typeof value !== 'object' || value === null) return value
  const { oneOf, discriminator: _, nullable, exclusiveMinimum, exclusiveMaximum, ...rest } = value as Json
  const meant: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).map(([name, member]) => [name, asMeant(member)]),
  )
  if (oneOf !== undefined) meant.anyOf = asMeant(oneOf)
  const lower = exclusiveMinimum === true ? rest.minimum : exclusiveMinimum
  const upper = exclusiveMaximum === true ? rest.maximum : exclusiveMaximum
  if (typeof lower === 'number') meant.exclusiveMinimum = lower
  if (typeof upper === 'number') meant.exclusiveMaximum = upper
  return nullable === true ? { anyOf: [meant, { type: 'null' }] } : meant
}

/**
 * The check of the request body of one operation. Members that the operation
 * does not know are wrong too, on the outermost level: most providers refuse
 * them there.
 *
 * @param spec an OpenAPI 3 description
 * @param path as the description has it, such as `/responses`
 */
export function requestValidator(
  spec: Json,
  method: string,
  path: string,
  mediaType = 'application/json',
): RequestValidator {
  const operation = follow(spec, asJson(asJson(spec.paths)[path])[method.toLowerCase()])
  const { content } = follow(spec, operation.requestBody)
  const schema = asJson(asJson(content)[mediaType]).schema
  if (schema === undefined) throw new Error(`the description has no ${mediaType} body for ${method} ${path}`)
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    logger: false,
    formats: { uri: URL.canParse },
  })
  const whole = asMeant({ components: spec.components, allOf: [schema], unevaluatedProperties: false })
  const validate = ajv.compile(whole as AnySchemaObject)
  return (body) => {
    if (validate(body)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
    )
  }
}
