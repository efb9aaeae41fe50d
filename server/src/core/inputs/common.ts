import type { Capabilities, Model, TransformSettings } from '@turnout/contract'
import { inputOf } from '../image/inputs.ts'
import type { Reading } from './types.ts'

type Json = Readonly<Record<string, unknown>>

/** An input that Turnout itself has a name for, the same with every model that takes it. */
export interface CommonInput {
  name: string
  schema: Json
  reading: Reading
}

const PICTURE = 'An http, https, s3 or data URL, or the id of an upload or an artifact.'

const setting = (name: string, to: keyof TransformSettings, schema: Json): CommonInput => ({
  name,
  schema,
  reading: { to: 'setting', setting: to },
})

const defined = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Whether the model takes a setting, as far as its record tells; what it does not tell is for the provider to decide. */
function takes(model: Model, name: keyof TransformSettings, capability?: keyof Capabilities): boolean {
  if (model.transform?.settings) return model.transform.settings[name] !== undefined
  return capability === undefined || model.capabilities[capability] !== false
}

/** No capability tells it: a record that lists inputs lists this one. */
const takesStrength = (model: Model): boolean =>
  model.transform?.settings
    ? model.transform.settings.strength !== undefined
    : model.inputs === undefined || inputOf(model.inputs, 'strength') !== undefined

const takesPrompt = (model: Model): boolean =>
  model.transform?.settings ? model.transform.settings.prompt !== undefined : model.input.includes('text')

function shapes(model: Model): CommonInput[] {
  const { settings } = model.transform ?? {}
  if (settings && settings.size === undefined && settings.aspectRatio === undefined) return []
  const { sizes, minSide = 1, maxSide = 16_384, aspectRatios } = model.limits
  const listed = sizes?.filter((size) => /^\d+x\d+$/.test(size)).join(', ')
  const side = (name: 'width' | 'height'): CommonInput => ({
    name,
    schema: {
      type: 'integer',
      minimum: sizes ? 1 : minSide,
      maximum: sizes ? 16_384 : maxSide,
      description: listed
        ? `In pixels. The model has these sizes, and the nearest is used: ${listed}.`
        : 'In pixels. The nearest that the model has is used, and reported.',
    },
    reading: { to: 'side', side: name },
  })
  const ratio = setting('aspect_ratio', 'aspectRatio', {
    type: 'string',
    pattern: '^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$',
    description: aspectRatios
      ? `Instead of width and height. The model has these, and the nearest is used: ${aspectRatios.join(', ')}.`
      : 'Instead of width and height, such as 16:9.',
  })
  return [side('width'), side('height'), ratio]
}

const LORA_SCALE = { type: 'number', minimum: -10, maximum: 10, description: 'How strongly; 1 unless it is said.' }
const LORA_PATH = 'Weights: an http, https or s3 URL, or a name that the provider knows.'

function loras(): CommonInput[] {
  const path = { type: 'string', minLength: 1, description: LORA_PATH }
  return [
    {
      name: 'lora_url',
      schema: { ...path, description: `${LORA_PATH} The same as loras with one entry.` },
      reading: { to: 'loraPath' },
    },
    { name: 'lora_scale', schema: LORA_SCALE, reading: { to: 'loraScale' } },
    {
      name: 'loras',
      schema: {
        type: 'array',
        maxItems: 20,
        items: {
          type: 'object',
          properties: { path, scale: LORA_SCALE },
          required: ['path'],
          additionalProperties: false,
        },
      },
      reading: { to: 'loras' },
    },
  ]
}

function pictures(model: Model, first: string): CommonInput[] {
  const { inputImages } = model.limits
  const url = { type: 'string', minLength: 1 }
  const one: CommonInput = {
    name: 'image_url',
    schema: { ...url, description: `${first} ${PICTURE}` },
    reading: { to: 'picture' },
  }
  if (inputImages === 1) return [one]
  const many: CommonInput = {
    name: 'image_urls',
    schema: {
      type: 'array',
      items: url,
      minItems: 1,
      maxItems: inputImages ?? 16,
      description: `Several pictures. ${PICTURE}`,
    },
    reading: { to: 'pictures' },
  }
  return [one, many]
}

function both(model: Model, plural: string): CommonInput[] {
  const { promptCharacters } = model.limits
  return [
    ...(takesPrompt(model)
      ? [
          setting(
            'prompt',
            'prompt',
            defined({ type: 'string', minLength: 1, maxLength: promptCharacters, description: 'What to make.' }),
          ),
        ]
      : []),
    ...(takes(model, 'negativePrompt', 'negativePrompt')
      ? [setting('negative_prompt', 'negativePrompt', { type: 'string', description: 'What to avoid.' })]
      : []),
    ...shapes(model),
    setting(`num_${plural}`, 'count', {
      type: 'integer',
      minimum: 1,
      maximum: 10,
      default: 1,
      description: 'Made by several calls where the model makes fewer at once.',
    }),
    ...(takes(model, 'seed', 'seed')
      ? [setting('seed', 'seed', { type: 'integer', minimum: 0, maximum: 4_294_967_295 })]
      : []),
  ]
}

/** Words of settings whose values only the record knows: they are inputs where the record has them. */
const LISTED: readonly [name: string, to: keyof TransformSettings][] = [
  ['style', 'style'],
  ['quality', 'quality'],
  ['background', 'background'],
  ['output_format', 'outputFormat'],
]

const listed = (model: Model): CommonInput[] =>
  LISTED.filter(([name, to]) =>
    model.transform?.settings ? model.transform.settings[to] !== undefined : inputOf(model.inputs, name) !== undefined,
  ).map(([name, to]) => setting(name, to, { type: 'string', minLength: 1 }))

function imageInputs(model: Model): CommonInput[] {
  const withPictures = takes(model, 'pictures', 'imageInput')
  return [
    ...both(model, 'images'),
    ...(takes(model, 'guidanceScale', 'guidance')
      ? [setting('guidance_scale', 'guidanceScale', { type: 'number', minimum: 0, maximum: 100 })]
      : []),
    ...(takes(model, 'steps', 'steps')
      ? [setting('steps', 'steps', { type: 'integer', minimum: 1, maximum: 500 })]
      : []),
    ...(withPictures ? pictures(model, 'The picture to start from.') : []),
    ...(withPictures && takes(model, 'mask', 'mask')
      ? [
          {
            name: 'mask_url',
            schema: { type: 'string', minLength: 1, description: `Where to paint anew. ${PICTURE}` },
            reading: { to: 'mask' } as const,
          },
        ]
      : []),
    ...(withPictures && takesStrength(model)
      ? [
          setting('strength', 'strength', {
            type: 'number',
            minimum: 0,
            maximum: 1,
            description: 'How far to depart from the picture: 0 keeps it.',
          }),
        ]
      : []),
    ...(takes(model, 'loras', 'lora') ? loras() : []),
    ...listed(model),
  ]
}

function videoInputs(model: Model): CommonInput[] {
  const { minSeconds, maxSeconds } = model.limits
  const own = model.transform?.settings !== undefined
  return [
    ...both(model, 'videos'),
    ...(takes(model, 'pictures', 'imageInput') ? pictures(model, 'The first frame.') : []),
    ...((own ? takes(model, 'lastFrame') : takes(model, 'pictures', 'imageInput'))
      ? [
          {
            name: 'last_image_url',
            schema: { type: 'string', minLength: 1, description: `The last frame. ${PICTURE}` },
            reading: { to: 'lastFrame' } as const,
          },
        ]
      : []),
    ...(takes(model, 'seconds')
      ? [
          setting('seconds', 'seconds', {
            type: 'number',
            minimum: minSeconds ?? 0.1,
            maximum: maxSeconds ?? 600,
            description: 'How long. The nearest that the model has is used, and reported.',
          }),
        ]
      : []),
    ...(takes(model, 'framesPerSecond')
      ? [setting('fps', 'framesPerSecond', { type: 'number', minimum: 1, maximum: 240 })]
      : []),
    ...(takes(model, 'resolution')
      ? [setting('resolution', 'resolution', { type: 'string', minLength: 1, description: 'Such as 720p or 4k.' })]
      : []),
    ...(takes(model, 'audio') ? [setting('audio', 'audio', { type: 'boolean', description: 'With sound.' })] : []),
  ]
}

/** What a model makes that jobs make: pictures before videos, where it makes both. */
export const mediaKind = ({ output }: Pick<Model, 'output'>): 'image' | 'video' | undefined =>
  output.includes('image') ? 'image' : output.includes('video') ? 'video' : undefined

/** The inputs that follow from what the record says of the model. */
export const commonInputs = (model: Model, kind: 'image' | 'video'): CommonInput[] =>
  kind === 'image' ? imageInputs(model) : videoInputs(model)
