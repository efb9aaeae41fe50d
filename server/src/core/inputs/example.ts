import { isObject } from '../../lib/objects.ts'
import { mediaKindOf } from './media-names.ts'

type Json = Readonly<Record<string, unknown>>

const FILES: Readonly<Record<string, string>> = {
  image: 'https://assets.example/picture.png',
  video: 'https://assets.example/video.mp4',
  audio: 'https://assets.example/sound.mp3',
  weights: 'https://assets.example/style.safetensors',
  file: 'https://assets.example/file.bin',
}

const PROMPT = 'A railway turnout at dawn, woodcut'

function numberIn({ minimum, maximum, exclusiveMinimum, multipleOf, type }: Json): number {
  const least = typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : 1
  const step = typeof multipleOf === 'number' ? multipleOf : 1
  const value = Math.ceil(Math.max(least, Math.min(1, Number(maximum ?? 1))) / step) * step
  return type === 'integer' ? Math.ceil(value) : value
}

function textFor(name: string, schema: Json): string {
  const kind = mediaKindOf(name, schema)
  if (kind) return FILES[kind]!
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema as { minLength?: number; maxLength?: number }
  return PROMPT.padEnd(Math.min(minLength, 10_000), '.').slice(0, maxLength)
}

/** A value that a schema accepts, as far as one can be told from its usual keywords. */
export function valueFor(name: string, schema: Json, depth = 0): unknown {
  if (depth > 8) return null
  const { examples, enum: values, anyOf, type } = schema
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (Array.isArray(values)) return values[0]
  if (Array.isArray(anyOf) && isObject(anyOf[0])) return valueFor(name, anyOf[0], depth + 1)
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return numberIn(schema)
    case 'boolean':
      return true
    case 'array': {
      const item = valueFor(name, isObject(schema.items) ? schema.items : {}, depth + 1)
      return Array.from({ length: Math.max(1, Math.min(16, Number(schema.minItems ?? 1))) }, () => item)
    }
    case 'object': {
      const properties = isObject(schema.properties) ? schema.properties : {}
      const required = Array.isArray(schema.required) ? (schema.required as string[]) : []
      return Object.fromEntries(
        required.map((key) => [
          key,
          valueFor(`${name}_${key}`, isObject(properties[key]) ? properties[key] : {}, depth + 1),
        ]),
      )
    }
    case 'null':
      return null
    default:
      return textFor(name, { type: 'string', ...schema })
  }
}

/** The smallest request that a schema accepts: what is needed, by the first of its names. */
export function exampleOf(schema: Json, needed: readonly (readonly string[])[]): Json {
  const properties = (schema.properties ?? {}) as Json
  const names = new Set(needed.map(([name]) => name!))
  if (Object.hasOwn(properties, 'prompt')) names.add('prompt')
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      name === 'prompt' ? textFor('prompt', promptOf(properties)) : valueFor(name, (properties[name] ?? {}) as Json),
    ]),
  )
}

const promptOf = (properties: Json): Json => ({ type: 'string', ...(properties.prompt as Json | undefined) })
