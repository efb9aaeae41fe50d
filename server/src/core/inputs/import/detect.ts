import type { Transform, TransformSettings } from '@turnout/contract'
import { isObject } from '../../../lib/objects.ts'
import { mediaKindOf } from '../media-names.ts'
import type { JsonSchema } from './simplify.ts'

type Json = Readonly<Record<string, unknown>>
type Kind = 'image' | 'video'

/** The inputs of an endpoint, by name. */
class Properties {
  readonly #properties: Json
  readonly required: ReadonlySet<string>

  constructor({ properties, required }: JsonSchema) {
    this.#properties = isObject(properties) ? properties : {}
    this.required = new Set(Array.isArray(required) ? (required as string[]) : [])
  }

  get names(): string[] {
    return Object.keys(this.#properties)
  }

  of(name: string): Json | undefined {
    const found = Object.hasOwn(this.#properties, name) ? this.#properties[name] : undefined
    return isObject(found) ? found : undefined
  }

  /** The first of the names that is there and of one of the types. */
  first(types: readonly string[], ...names: string[]): string | undefined {
    return names.find((name) => {
      const schema = this.of(name)
      return schema !== undefined && types.includes(String(schema.type ?? (schema.enum ? 'string' : '')))
    })
  }
}

const NUMBER = ['number', 'integer']
const WORD = ['string']

/** Settings that are one field, by the types and the names that providers have for them. */
const BOTH: readonly [keyof TransformSettings, readonly string[], readonly string[]][] = [
  ['prompt', WORD, ['prompt']],
  ['negativePrompt', WORD, ['negative_prompt']],
  ['aspectRatio', WORD, ['aspect_ratio']],
  ['count', ['integer'], ['num_images', 'num_outputs', 'number_of_images', 'num_videos', 'n']],
  ['seed', ['integer'], ['seed']],
]
const IMAGE: typeof BOTH = [
  ['guidanceScale', NUMBER, ['guidance_scale', 'guidance', 'cfg_scale', 'cfg']],
  ['steps', ['integer'], ['num_inference_steps', 'steps', 'num_steps']],
  ['strength', NUMBER, ['strength', 'prompt_strength']],
  ['mask', WORD, ['mask_url', 'mask_image_url', 'mask']],
  ['style', WORD, ['style']],
  ['quality', WORD, ['quality']],
  ['background', WORD, ['background']],
]
const VIDEO: typeof BOTH = [
  ['framesPerSecond', NUMBER, ['frames_per_second', 'fps', 'frame_rate']],
  ['resolution', WORD, ['resolution']],
  ['audio', ['boolean'], ['generate_audio', 'generate_audio_switch', 'enable_audio', 'with_audio', 'audio']],
  [
    'lastFrame',
    WORD,
    ['end_image_url', 'last_frame_url', 'last_image_url', 'tail_image_url', 'end_image', 'last_frame'],
  ],
]

const FORMAT_FIELDS = ['output_format', 'format', 'image_format']
const LIST_FIELDS = ['image_urls', 'images', 'input_images', 'image_input', 'reference_image_urls', 'input_image_urls']
const PICTURE_FIELDS = [
  'image_url',
  'image',
  'input_image',
  'input_image_url',
  'start_image_url',
  'first_frame_url',
  'first_image_url',
  'start_image',
  'first_frame_image',
]

const isSizeObject = (schema: Json | undefined): boolean =>
  isObject(schema?.properties) && isObject(schema.properties.width) && isObject(schema.properties.height)

const enumOf = (schema: Json | undefined): string[] =>
  Array.isArray(schema?.enum) ? schema.enum.filter((value): value is string => typeof value === 'string') : []

const isSize = (word: string): boolean => /^\d+x\d+$/.test(word)
const isRatio = (word: string): boolean => /^[1-9]\d{0,3}:[1-9]\d{0,3}$/.test(word)

function sizeOf(properties: Properties): TransformSettings['size'] {
  for (const field of ['image_size', 'video_size', 'size']) {
    const schema = properties.of(field)
    const alternatives = Array.isArray(schema?.anyOf) ? (schema.anyOf as Json[]) : schema ? [schema] : []
    if (alternatives.some(isSizeObject)) return { field, form: 'object' }
    if (alternatives.some((each) => enumOf(each).some(isSize))) return { field, form: 'text' }
  }
  const width = properties.first(NUMBER, 'width')
  const height = properties.first(NUMBER, 'height')
  return width && height ? { width, height } : undefined
}

function secondsOf(properties: Properties): TransformSettings['seconds'] {
  const field = properties.first([...NUMBER, 'string'], 'duration', 'seconds')
  if (field !== undefined) {
    const schema = properties.of(field)!
    if (schema.type !== 'string' && enumOf(schema).length === 0) return { field, form: 'number' }
    const words = enumOf(schema)
    if (words.some((word) => /^\d+s$/.test(word))) return { field, form: 'suffixed' }
    if (words.some((word) => /^\d+(\.\d+)?$/.test(word))) return { field, form: 'text' }
    return undefined
  }
  const frames = properties.first(['integer'], 'num_frames')
  if (frames === undefined) return undefined
  const rate = properties.of(properties.first(NUMBER, 'frames_per_second', 'fps') ?? '')?.default
  return {
    field: frames,
    form: 'frames',
    ...(typeof rate === 'number' && rate > 0 && rate <= 240 && { framesPerSecond: rate }),
  }
}

/** Where the address of one picture goes: the field itself, or a field of it. */
const addressIn = (name: string, schema: Json | undefined): string | undefined => {
  if (schema?.type === 'string') return name
  return isObject(schema?.properties) && isObject(schema.properties.url) ? `${name}.url` : undefined
}

const isPicture = (name: string, schema: Json): boolean =>
  schema.type !== 'array' && mediaKindOf(name, schema) === 'image' && !/mask|end_|last|tail|control|style/.test(name)

function picturesOf(properties: Properties, taken: ReadonlySet<string>): TransformSettings['pictures'] {
  const needed = properties.names.filter(
    (name) => properties.required.has(name) && !taken.has(name) && isPicture(name, properties.of(name) ?? {}),
  )
  const list = LIST_FIELDS.find((name) => properties.of(name)?.type === 'array')
  if (needed.length === 0 && list !== undefined) return { list }
  const names = needed.length > 0 ? needed : PICTURE_FIELDS.filter((name) => properties.of(name)).slice(0, 1)
  const fields = names.flatMap((name) => addressIn(name, properties.of(name)) ?? []).slice(0, 16)
  return fields.length > 0 ? { fields } : undefined
}

function lorasOf(properties: Properties): string | undefined {
  const { type, items } = properties.of('loras') ?? {}
  return type === 'array' && isObject(items) && isObject(items.properties) && isObject(items.properties.path)
    ? 'loras'
    : undefined
}

/** What an endpoint calls the settings that Turnout has names for, told by names and types of its inputs. */
function settingsOf(properties: Properties, kind: Kind): TransformSettings {
  const single = [...BOTH, ...(kind === 'image' ? IMAGE : VIDEO)].flatMap(([setting, types, names]) => {
    const field = properties.first(types, ...names)
    return field === undefined ? [] : [[setting, field] as const]
  })
  const settings: TransformSettings = Object.fromEntries(single)
  const format = FORMAT_FIELDS.find((name) =>
    enumOf(properties.of(name)).some((word) => /^(png|jpe?g|webp)$/.test(word)),
  )
  const pictures = picturesOf(properties, new Set(single.map(([, field]) => field)))
  const size = sizeOf(properties)
  const loras = kind === 'image' ? lorasOf(properties) : undefined
  const seconds = kind === 'video' ? secondsOf(properties) : undefined
  return {
    ...settings,
    ...(size && { size }),
    ...(pictures && { pictures }),
    ...(loras && { loras }),
    ...(seconds && { seconds }),
    ...(format && kind === 'image' && { outputFormat: format }),
  }
}

/** Which inputs name files. */
function mediaOf(properties: Properties): NonNullable<Transform['media']> {
  const found = properties.names.flatMap((name) => {
    const kind = mediaKindOf(name, properties.of(name) ?? {})
    return kind === undefined ? [] : [[name, kind] as const]
  })
  return Object.fromEntries(found)
}

export interface Detected {
  settings: TransformSettings
  media: NonNullable<Transform['media']>
  /** The shapes that the record's limits list. */
  sizes: string[]
  ratios: string[]
}

/** What the inputs of an endpoint are, as far as their names and types tell. */
export function detectSettings(input: JsonSchema, kind: Kind): Detected {
  const properties = new Properties(input)
  const settings = settingsOf(properties, kind)
  const { size, aspectRatio } = settings
  const textSize = size && 'field' in size && size.form === 'text' ? size.field : undefined
  const { anyOf, ...schema } = properties.of(textSize ?? '') ?? {}
  return {
    settings,
    media: mediaOf(properties),
    sizes: [schema, ...(Array.isArray(anyOf) ? (anyOf as Json[]) : [])].flatMap(enumOf).filter(isSize),
    ratios: enumOf(properties.of(aspectRatio ?? '')).filter(isRatio),
  }
}
