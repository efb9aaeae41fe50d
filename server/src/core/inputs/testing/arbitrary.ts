import fc from 'fast-check'
import { mediaKindOf } from '../media-names.ts'

type Json = Readonly<Record<string, unknown>>

const word = (least: number, most: number) => fc.string({ minLength: least, maxLength: Math.min(most, least + 20) })

function numeric({ type, minimum = 0, maximum, exclusiveMinimum }: Json): fc.Arbitrary<unknown> {
  const least = Math.ceil(Number(exclusiveMinimum ?? minimum)) + (exclusiveMinimum === undefined ? 0 : 1)
  const most = maximum === undefined ? least + 100 : Math.max(least, Math.floor(Number(maximum)))
  if (type === 'number' && Number(maximum) - Number(minimum) <= 1) {
    return fc.double({ min: Number(minimum), max: Number(maximum), noNaN: true }).map((value) => value + 0)
  }
  return fc.integer({ min: least, max: most })
}

/** Values that a schema accepts. */
export function arbitraryOf(name: string, schema: Json): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map((each) => arbitraryOf(name, each as Json)))
  switch (schema.type) {
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return numeric(schema)
    case 'array':
      return fc.array(arbitraryOf(name, (schema.items ?? {}) as Json), {
        minLength: Number(schema.minItems ?? 0),
        maxLength: Math.min(3, Number(schema.maxItems ?? 3)),
      })
    case 'object':
      return inputsOf(schema)
    default:
      if (schema.pattern !== undefined)
        return fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })).map(([a, b]) => `${a}:${b}`)
      if (mediaKindOf(name, { type: 'string' }))
        return fc.integer({ min: 0, max: 999 }).map((id) => `https://assets.example/${id}.png`)
      return word(Number(schema.minLength ?? 0), Number(schema.maxLength ?? 200))
  }
}

/** Objects that a schema accepts, with any of what may be left out. */
export function inputsOf(schema: Json): fc.Arbitrary<Record<string, unknown>> {
  const properties = (schema.properties ?? {}) as Record<string, Json>
  const oneOf = ((schema.allOf ?? []) as { anyOf: { required: string[] }[] }[]).map(
    ({ anyOf }) => anyOf[0]!.required[0]!,
  )
  const required = [...((schema.required ?? []) as string[]), ...oneOf]
  const arbitraries = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, arbitraryOf(name, each)]),
  )
  return fc.record(arbitraries, { requiredKeys: required })
}

/** Every value in a value that has no parts. */
export const leavesOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value]
