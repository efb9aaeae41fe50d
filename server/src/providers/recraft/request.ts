import type { ImageCall } from '../../core/media.ts'
import type { Picture } from '../../core/text.ts'
import { defined } from '../../lib/objects.ts'
import {
  aspectRatioOf,
  type InlinePicture,
  leftOut,
  type MediaSetting,
  nearestShape,
  requireAtMost,
  seedWithin,
} from '../shared/media.ts'
import { ASPECT_RATIOS, type Generation, generationOf, isVector } from './models.ts'

/** A call as Recraft takes it. */
export interface RecraftRequest {
  path: string
  fields: Record<string, unknown>
  pictures: [field: 'image' | 'mask', picture: Picture][]
  /** Whether the result is SVG. */
  vector: boolean
  warnings: string[]
}

const MAX_SEED = 0xffff_ffff
const FORMATS: ReadonlySet<string> = new Set(['png', 'webp'])
/** Where the call says nothing: halfway between keeping the picture and ignoring it. */
const DEFAULT_STRENGTH = 0.5
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function sizeField(call: ImageCall, generation: Generation | undefined, vector: boolean, warnings: string[]) {
  const { size } = call
  if (call.aspectRatio !== undefined || size === undefined) return call.aspectRatio
  const asked = `${size.width}x${size.height}`
  // Drawings have no pixels, only a shape.
  if (vector) {
    const { aspectRatio, warning } = aspectRatioOf(size, ASPECT_RATIOS)
    warnings.push(warning)
    return aspectRatio
  }
  if (generation === undefined) return asked
  const shape = size.width / size.height
  const listed = generation.sizes.find(({ width, height }) => width === size.width && height === size.height)
  const nearest = listed ?? nearestShape(shape, generation.sizes, ({ width, height }) => width / height)
  const sent = `${nearest.width}x${nearest.height}`
  if (sent !== asked) warnings.push(`The model has fixed sizes: ${asked} became ${sent}.`)
  return sent
}

/** A style by its id, its name, or both its names as in `digital_illustration/hand_drawn`. */
function styleFields(style: string | undefined, generation: Generation | undefined, warnings: string[]) {
  if (style === undefined) return {}
  if (UUID.test(style)) return { style_id: style }
  if (generation?.namedStyles === false) {
    warnings.push(`The model has no styles with names; ${style} was left out. It takes the id of a style of your own.`)
    return {}
  }
  const slash = style.indexOf('/')
  return slash === -1 ? { style } : { style: style.slice(0, slash), substyle: style.slice(slash + 1) }
}

function formatField(format: ImageCall['outputFormat'], vector: boolean, warnings: string[]) {
  if (format === undefined || (vector && format === 'svg')) return undefined
  if (!vector && FORMATS.has(format)) return format
  warnings.push(`The model writes ${vector ? 'svg' : [...FORMATS].join(' and ')}; ${format} was left out.`)
  return undefined
}

const GENERATION_TAKES: readonly MediaSetting[] = ['size', 'aspectRatio']
const ALWAYS: readonly MediaSetting[] = ['pictures', 'mask', 'seed', 'style', 'outputFormat']

type Endpoint = 'generations' | 'imageToImage' | 'inpaint'

function takenBy(endpoint: Endpoint, generation: Generation | undefined): MediaSetting[] {
  return [
    ...ALWAYS,
    ...(endpoint === 'generations' ? GENERATION_TAKES : []),
    ...(endpoint === 'imageToImage' ? (['strength'] as const) : []),
    ...(generation?.negativePrompt === false ? [] : (['negativePrompt'] as const)),
  ]
}

/** @throws TurnoutError invalid_input */
export function recraftRequest(call: ImageCall, provider: string): RecraftRequest {
  const { model, inputs = {}, defaults = {} } = call
  const generation = generationOf(model)
  const given = call.pictures ?? []
  requireAtMost(given, 1, provider)
  const pictures: RecraftRequest['pictures'] = given.map((picture) => ['image', picture])
  if (call.mask) pictures.push(['mask', call.mask])
  const endpoint = call.mask ? 'inpaint' : given.length > 0 ? 'imageToImage' : 'generations'

  const warnings = leftOut(call, takenBy(endpoint, generation))
  const style = styleFields(call.style, generation, warnings)
  const vector = isVector(model, inputs.style ?? style.style ?? defaults.style)
  const derived = {
    model,
    prompt: call.prompt,
    n: call.count,
    size: endpoint === 'generations' ? sizeField(call, generation, vector, warnings) : undefined,
    negative_prompt: generation?.negativePrompt === false ? undefined : call.negativePrompt,
    random_seed: seedWithin(call.seed, MAX_SEED, warnings),
    image_format: formatField(call.outputFormat, vector, warnings),
    strength: endpoint === 'imageToImage' ? call.strength : undefined,
    response_format: 'url',
    ...style,
  }
  const fields: Record<string, unknown> = { ...defaults, ...defined(derived), ...inputs }
  if (endpoint === 'imageToImage' && fields.strength === undefined) {
    fields.strength = DEFAULT_STRENGTH
    warnings.push(`The model needs a strength beside a picture; ${DEFAULT_STRENGTH} was used.`)
  }
  return { path: `/images/${endpoint}`, fields, pictures, vector, warnings }
}

/** The pictures as files, where all of them are inline; a URL can only be sent as JSON. */
export function asFiles(pictures: RecraftRequest['pictures']): [field: string, picture: InlinePicture][] | undefined {
  const files = pictures.flatMap(([field, picture]): [string, InlinePicture][] =>
    'base64' in picture ? [[field, picture]] : [],
  )
  return files.length === pictures.length ? files : undefined
}
