import type { Reading } from './types.ts'

type JsonSchema = Record<string, unknown>

interface Option {
  schema: JsonSchema
  reading: Reading
}

const side = (name: 'width' | 'height'): Option => ({
  schema: { type: 'integer', minimum: 16, maximum: 16_384, description: 'In pixels.' },
  reading: { to: 'side', side: name },
})

const count: Option = {
  schema: { type: 'integer', minimum: 1, maximum: 10 },
  reading: { to: 'setting', setting: 'count' },
}

const word = (setting: Extract<Reading, { to: 'setting' }>['setting'], description?: string): Option => ({
  schema: { type: 'string', minLength: 1, maxLength: 200, ...(description && { description }) },
  reading: { to: 'setting', setting },
})

const BOTH: Readonly<Record<string, Option>> = {
  width: side('width'),
  height: side('height'),
  aspect_ratio: {
    schema: {
      type: 'string',
      pattern: '^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$',
      description: 'Instead of width and height, such as 16:9.',
    },
    reading: { to: 'setting', setting: 'aspectRatio' },
  },
  seed: {
    schema: { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
    reading: { to: 'setting', setting: 'seed' },
  },
}

const OPTIONS: Readonly<Record<'image' | 'video', ReadonlyMap<string, Option>>> = {
  image: new Map(
    Object.entries({ ...BOTH, num_images: count, quality: word('quality'), output_format: word('outputFormat') }),
  ),
  video: new Map(
    Object.entries({
      ...BOTH,
      num_videos: count,
      seconds: {
        schema: { type: 'number', exclusiveMinimum: 0, maximum: 600 },
        reading: { to: 'setting', setting: 'seconds' },
      },
      fps: {
        schema: { type: 'number', minimum: 1, maximum: 240 },
        reading: { to: 'setting', setting: 'framesPerSecond' },
      },
      resolution: word('resolution', 'Such as 720p or 4k.'),
      audio: { schema: { type: 'boolean', description: 'With sound.' }, reading: { to: 'setting', setting: 'audio' } },
    }),
  ),
}

/** What an option is; undefined for one that nobody knows. */
export const optionReading = (kind: 'image' | 'video', name: string): Reading | undefined =>
  OPTIONS[kind].get(name)?.reading

const schemaOf = (kind: 'image' | 'video'): JsonSchema => ({
  type: 'object',
  description: 'Settings that all models have in common: the nearest that a model has is used, and reported.',
  properties: Object.fromEntries([...OPTIONS[kind]].map(([name, { schema }]) => [name, schema])),
  additionalProperties: false,
})

/** The JSON Schema of `options`, which is the same for all models of a kind. */
export const OPTION_SCHEMAS: Readonly<Record<'image' | 'video', JsonSchema>> = {
  image: schemaOf('image'),
  video: schemaOf('video'),
}
