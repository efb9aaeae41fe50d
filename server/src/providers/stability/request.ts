import { TurnoutError } from '../../core/error.ts'
import type { ImageCall } from '../../core/media.ts'
import {
  aspectRatioOf,
  type InlinePicture,
  inlineOf,
  leftOut,
  pictureOf,
  requireAtMost,
  seedWithin,
  warnOfCount,
} from '../shared/media.ts'
import { ASPECT_RATIOS, OPERATIONS, type Service, STYLES, serviceOf } from './services.ts'

/** A call as Stability takes it. */
export interface StabilityRequest {
  path: string
  fields: Record<string, unknown>
  files: [field: string, picture: InlinePicture][]
  warnings: string[]
}

const MAX_SEED = 4_294_967_294
const GUIDANCE = { min: 1, max: 10 }
const FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp'])
/** Where the call says nothing: halfway between keeping the picture and ignoring it. */
const DEFAULT_STRENGTH = 0.5
const FILE_FIELDS = ['image', 'mask', 'init_image', 'style_image'] as const

/** The operation that the call names; with a mask, painting anew within it is meant. */
function chooseService(call: ImageCall, provider: string): Service {
  const named = call.inputs?.operation ?? call.defaults?.operation
  if (named === undefined) return call.mask ? OPERATIONS.inpaint! : serviceOf(call.model)
  const service = typeof named === 'string' && Object.hasOwn(OPERATIONS, named) ? OPERATIONS[named] : undefined
  if (service !== undefined) return service
  const known = Object.keys(OPERATIONS).join(', ')
  throw new TurnoutError('invalid_input', `operation must be one of ${known}.`, { provider, param: 'operation' })
}

/** Sets what of the call the service takes, in its words; what had to be changed goes to `warnings`. */
function derive(call: ImageCall, service: Service, fields: Record<string, unknown>, warnings: string[]): void {
  const takes = (setting: (typeof service.takes)[number]) => service.takes.includes(setting)
  if (service.prompt) fields.prompt = call.prompt
  if (service.model) fields.model = service.model
  if (takes('negativePrompt') && call.negativePrompt !== undefined) fields.negative_prompt = call.negativePrompt
  if (takes('seed') && call.seed !== undefined) fields.seed = seedWithin(call.seed, MAX_SEED, warnings)
  if (takes('guidanceScale') && call.guidanceScale !== undefined) {
    const scale = Math.min(GUIDANCE.max, Math.max(GUIDANCE.min, call.guidanceScale))
    if (scale !== call.guidanceScale) warnings.push(`The guidance scale ${call.guidanceScale} became ${scale}.`)
    fields.cfg_scale = scale
  }
  if (takes('style') && call.style !== undefined) {
    if (STYLES.has(call.style)) fields.style_preset = call.style
    else warnings.push(`The model has no style ${call.style}; its styles are ${[...STYLES].join(', ')}.`)
  }
  if (takes('outputFormat') && call.outputFormat !== undefined) {
    if (FORMATS.has(call.outputFormat)) fields.output_format = call.outputFormat
    else warnings.push(`The model does not write ${call.outputFormat}; its formats are ${[...FORMATS].join(', ')}.`)
  }
}

/** The shape of the picture, for services that draw a new one. */
function deriveShape(call: ImageCall, warnings: string[]): string | undefined {
  if (call.aspectRatio !== undefined || call.size === undefined) return call.aspectRatio
  const { aspectRatio, warning } = aspectRatioOf(call.size, ASPECT_RATIOS)
  warnings.push(warning)
  return aspectRatio
}

/** The pictures of the call, and those that its inputs name as text in the fields of files. */
function takeFiles(
  call: ImageCall,
  service: Service,
  fields: Record<string, unknown>,
  provider: string,
): StabilityRequest['files'] {
  const pictures = call.pictures ?? []
  if (service.takes.includes('pictures')) requireAtMost(pictures, service.pictures.length, provider)
  const files = new Map<string, InlinePicture>()
  for (const [index, field] of service.pictures.entries()) {
    const picture = pictures[index]
    if (picture) files.set(field, inlineOf(picture, provider))
  }
  if (call.mask && service.takes.includes('mask')) files.set('mask', inlineOf(call.mask, provider))
  for (const field of FILE_FIELDS) {
    const given = fields[field]
    if (typeof given !== 'string') continue
    files.set(field, inlineOf(pictureOf(given), provider))
    delete fields[field]
  }
  return [...files]
}

/** Fields without the one that is no field, but names the service. */
function withoutOperation(fields: ImageCall['inputs'] = {}): Readonly<Record<string, unknown>> {
  if (fields.operation === undefined) return fields
  const { operation: _, ...rest } = fields
  return rest
}

/** @throws TurnoutError invalid_input */
export function stabilityRequest(call: ImageCall, provider: string): StabilityRequest {
  const service = chooseService(call, provider)
  const warnings = leftOut(call, service.takes)
  warnOfCount(call, warnings)
  if (service === OPERATIONS.inpaint)
    warnings.push(`Painting within a mask is a service of its own, not ${call.model}.`)
  const defaults = withoutOperation(call.defaults)
  const inputs = withoutOperation(call.inputs)
  const fields: Record<string, unknown> = { ...defaults }
  derive(call, service, fields, warnings)
  const files = takeFiles(call, service, Object.assign(fields, inputs), provider)
  const hasPicture = files.some(([field]) => field === 'image')
  if (service.modes && hasPicture) {
    fields.mode = inputs.mode ?? 'image-to-image'
    delete fields.aspect_ratio
    if (call.size ?? call.aspectRatio)
      warnings.push('The picture keeps its shape; size and aspect ratio were left out.')
  } else if (service.takes.includes('aspectRatio')) {
    fields.aspect_ratio = inputs.aspect_ratio ?? deriveShape(call, warnings) ?? defaults.aspect_ratio
  }
  if (service.needsStrength && hasPicture) {
    fields.strength = inputs.strength ?? call.strength ?? defaults.strength
    if (fields.strength === undefined) {
      fields.strength = DEFAULT_STRENGTH
      warnings.push(`The model needs a strength beside a picture; ${DEFAULT_STRENGTH} was used.`)
    }
  } else if (service.needsStrength && call.strength !== undefined) {
    warnings.push('A strength means nothing without a picture; it was left out (strength).')
  }
  return { path: `/v2beta/stable-image/${service.path}`, fields, files, warnings }
}
