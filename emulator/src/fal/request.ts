import { isObject } from '../json.ts'
import { readSource, type Source } from '../media/inputs.ts'
import { sizeOfRatio } from '../picture/plain.ts'
import { checkShape } from '../shape.ts'
import type { JsonObject } from '../types.ts'
import { modelError } from './errors.ts'
import { FIELDS, PICTURE_FIELDS, SIZES } from './fields.ts'

/** What an endpoint answers with. */
export type Kind = 'images' | 'image' | 'video'

/** Input that the endpoint's model would accept. */
export interface Wanted {
  endpoint: string
  kind: Kind
  prompt: string
  width: number
  height: number
  count: number
  format: string
  seed: number
  /** Data URLs instead of links. */
  inline: boolean
  /** Names the pictures that its checker blackened, where the model has one. */
  checked: boolean
  source: Source | undefined
  seconds: number
}

function kindOf(endpoint: string): Kind {
  if (/video|wan|kling|veo/i.test(endpoint) && !/to-image/.test(endpoint)) return 'video'
  return /face-?swap/i.test(endpoint) ? 'image' : 'images'
}

function readPicture(field: string, value: unknown): Source {
  const source = typeof value === 'string' ? readSource(value, ['url', 'data-url']) : undefined
  if (source) return source
  const msg = 'Failed to load the image. Please ensure it is not corrupted and of a supported format.'
  throw modelError({ loc: ['body', field], msg, type: 'image_load_error', input: null })
}

function readPictures(input: JsonObject): Source[] {
  const named = PICTURE_FIELDS.filter((field) => input[field] !== undefined).map((field) =>
    readPicture(field, input[field]),
  )
  const listed = Array.isArray(input.image_urls) ? input.image_urls.map((url) => readPicture('image_urls', url)) : []
  const wrapped = ['target_image', 'face_image_0', 'face_image_1'].flatMap((field) => {
    const value = input[field]
    return isObject(value) ? [readPicture(field, value.url)] : []
  })
  return [...named, ...listed, ...wrapped]
}

function sizeOf(input: JsonObject, source: Source | undefined): { width: number; height: number } {
  const { image_size: size, aspect_ratio: ratio } = input
  if (isObject(size)) return { width: Number(size.width ?? 512), height: Number(size.height ?? 512) }
  const named = typeof size === 'string' && Object.hasOwn(SIZES, size) ? SIZES[size] : undefined
  if (named) return { width: named[0], height: named[1] }
  if (typeof ratio === 'string' && /^[1-9]\d?:[1-9]\d?$/.test(ratio)) return sizeOfRatio(ratio)
  return source ? { width: source.width, height: source.height } : { width: 1024, height: 768 }
}

/** Seconds as models name them: `5`, `"5"`, `"8s"`; frames count by 16 a second. */
function secondsOf({ duration, num_frames: frames }: JsonObject): number {
  if (typeof frames === 'number') return Math.max(1, Math.round(frames / 16))
  return Number.parseInt(String(duration ?? 5), 10) || 5
}

/**
 * Reads the input of any endpoint; those of the flux family and face swaps field by field.
 *
 * @param open lets unknown fields pass, as Hugging Face's clients send them
 * @throws Problem and Refusal
 */
export function readInput(endpoint: string, input: JsonObject, open?: true): Wanted {
  const kind = kindOf(endpoint)
  const fields = Object.hasOwn(FIELDS, endpoint) ? FIELDS[endpoint] : undefined
  if (fields) checkShape(fields, input, [], open)
  else checkShape({ prompt: { is: 'string', ...(kind === 'image' ? {} : { required: true }) } }, input, [], true)
  const [source] = readPictures(input)
  const { output_format: format = 'jpeg', num_images: count = 1 } = input as {
    output_format?: string
    num_images?: number
  }
  return {
    endpoint,
    kind,
    prompt: (input.prompt as string | undefined) ?? endpoint,
    ...sizeOf(input, source),
    count: kind === 'images' && Number.isInteger(count) ? Math.min(Math.max(count, 1), 4) : 1,
    format: ['jpeg', 'png', 'webp'].includes(format) ? format : 'jpeg',
    seed: typeof input.seed === 'number' ? input.seed : 2_147_483,
    inline: input.sync_mode === true,
    checked: fields !== undefined && !endpoint.startsWith('fal-ai/flux-2-'),
    source,
    seconds: secondsOf(input),
  }
}
