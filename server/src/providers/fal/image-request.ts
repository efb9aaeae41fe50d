import type { ImageCall } from '../../core/media.ts'
import { leftOut, type MediaSetting, requireAtMost, urlOf, warnOfCount } from '../shared/media.ts'
import { type ImageEndpoint, imageEndpoint } from './image-endpoints.ts'
import { bodyOf, type FalRequest, pictureFields } from './request.ts'
import { shapeFields } from './shape.ts'

interface FaceSwap {
  /** Of the face that is put in, and of the picture that gets it. */
  fields: readonly [face: string, target: string]
  value: (url: string) => unknown
}

const asUrl = (url: string): unknown => url

/**
 * Endpoints that put a face into a picture: the first picture of a call is the
 * face, the second one gets it. They take no prompt. Sources: fal's model page
 * of `easel-ai/advanced-face-swap`; the fields of half-moon's endpoint are those
 * of its counterpart for videos and of community code, those of
 * `fal-ai/face-swap` are known from community code alone. Read November 2026.
 */
const FACE_SWAPS: ReadonlyMap<string, FaceSwap> = new Map([
  ['easel-ai/advanced-face-swap', { fields: ['face_image_0', 'target_image'], value: (url: string) => ({ url }) }],
  ['half-moon-ai/ai-face-swap/faceswapimage', { fields: ['source_face_url', 'target_image_url'], value: asUrl }],
  ['fal-ai/face-swap', { fields: ['swap_image_url', 'base_image_url'], value: asUrl }],
])

function faceSwapRequest(call: ImageCall, { fields, value }: FaceSwap, provider: string): FalRequest {
  const pictures = call.pictures ?? []
  requireAtMost(pictures, fields.length, provider)
  const warnings = leftOut(call, ['pictures'])
  warnOfCount(call, warnings)
  if (call.prompt.trim() !== '') warnings.push('The model takes no prompt; it was left out.')
  const derived = Object.fromEntries(pictures.map((picture, index) => [fields[index]!, value(urlOf(picture))]))
  return { body: bodyOf(call, derived), warnings }
}

function countField({ count, defaults }: ImageCall, field: string | undefined, warnings: string[]) {
  if (field === undefined) {
    if (count > 1) warnings.push(`The model makes one picture at a time; ${count} were asked for.`)
    return {}
  }
  // Every endpoint makes one unless it is told otherwise.
  return count > 1 || defaults?.[field] !== undefined ? { [field]: count } : {}
}

function formatField({ outputFormat }: ImageCall, { format, formats }: ImageEndpoint, warnings: string[]) {
  if (outputFormat === undefined || formats.length === 0) return {}
  if (formats.includes(outputFormat)) return { [format]: outputFormat }
  warnings.push(`The model writes ${formats.join(' and ')}; ${outputFormat} was left out.`)
  return {}
}

function takenBy({ shape, formats, takes }: ImageEndpoint): MediaSetting[] {
  return [
    'pictures',
    ...takes,
    ...(shape.by === 'picture' ? [] : (['size', 'aspectRatio'] as const)),
    ...(formats.length === 0 ? [] : (['outputFormat'] as const)),
  ]
}

/** @throws TurnoutError invalid_input, capability_missing */
export function imageRequest(call: ImageCall, provider: string): FalRequest {
  const faceSwap = FACE_SWAPS.get(call.model)
  if (faceSwap) return faceSwapRequest(call, faceSwap, provider)
  const endpoint = imageEndpoint(call.model)
  const warnings = leftOut(call, takenBy(endpoint))
  const taken = <Value>(setting: MediaSetting, value: Value): Value | undefined =>
    endpoint.takes.includes(setting) ? value : undefined
  const derived = {
    prompt: call.prompt,
    negative_prompt: taken('negativePrompt', call.negativePrompt),
    ...shapeFields(endpoint.shape, call, warnings),
    ...countField(call, endpoint.count, warnings),
    seed: taken('seed', call.seed),
    guidance_scale: taken('guidanceScale', call.guidanceScale),
    num_inference_steps: taken('steps', call.steps),
    ...pictureFields(call.pictures, endpoint.pictures, call.model, provider),
    strength: taken('strength', call.strength),
    [endpoint.mask]: taken('mask', call.mask && urlOf(call.mask)),
    loras: taken('loras', call.loras?.length ? call.loras : undefined),
    style: taken('style', call.style),
    quality: taken('quality', call.quality),
    background: taken('background', call.background),
    ...formatField(call, endpoint, warnings),
  }
  return { body: bodyOf(call, derived), warnings }
}
