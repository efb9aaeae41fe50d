import type { OpenAIOperation } from '../../../core/adapter.ts'
import type { ImageCall } from '../../../core/media.ts'
import { type InlinePicture, inlineOf, leftOut, type MediaSetting, nearestShape, shapeOf } from '../media.ts'
import { type Dialect, type Family, familyOf } from './families.ts'

/** A call as OpenAI's image endpoints take it. */
export interface ImageRequest {
  operation: Extract<OpenAIOperation, 'images.generate' | 'images.edit'>
  fields: Record<string, unknown>
  /** Sent as a form, with the fields beside them; none for a generation, which is JSON. */
  files: [field: string, picture: InlinePicture][]
  warnings: string[]
}

/** What the endpoints, and the servers that took them over, call the settings of the core. */
const FIELDS = {
  quality: 'quality',
  style: 'style',
  background: 'background',
  outputFormat: 'output_format',
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  guidanceScale: 'guidance_scale',
  steps: 'num_inference_steps',
} as const satisfies Partial<Record<MediaSetting, string>>

/** The answer is read whole, so it must not be a stream. */
const OF_STREAMS = ['stream', 'partial_images'] as const

/** The shape that was asked for, in whichever words; a default in the other words gives way to it. */
function shapeFields({ size, aspectRatio }: ImageCall, { sizes }: Family, warnings: string[]): Record<string, unknown> {
  if (size) return { size: `${size.width}x${size.height}`, aspect_ratio: undefined }
  if (aspectRatio === undefined) return {}
  if (sizes === undefined) return { size: undefined, aspect_ratio: aspectRatio }
  const shape = shapeOf(aspectRatio)
  // A word such as `auto` leaves the shape to the model, as no size does.
  if (Number.isNaN(shape)) return {}
  const sent = nearestShape(shape, sizes, (candidate) => shapeOf(candidate.replace('x', ':')))
  warnings.push(`The model takes a size instead of an aspect ratio: ${aspectRatio} became ${sent}.`)
  return { size: sent }
}

/** The pictures of an edit; one of them goes by the name that every server of the dialect knows. */
function filesOf({ pictures = [], mask }: ImageCall, provider: string): ImageRequest['files'] {
  if (pictures.length === 0) return []
  const field = pictures.length === 1 ? 'image' : 'image[]'
  return [
    ...pictures.map((picture): ImageRequest['files'][number] => [field, inlineOf(picture, provider)]),
    ...(mask ? [['mask', inlineOf(mask, provider)] satisfies ImageRequest['files'][number]] : []),
  ]
}

/** What the request itself says, and what must differ in it; a count only where that was asked for, or is one of several. */
function wordsOf({ words = {}, defaults, count, size, seed }: ImageCall): Record<string, unknown> {
  return {
    ...defaults,
    ...words,
    ...(size && { size: `${size.width}x${size.height}` }),
    ...(seed !== undefined && { seed }),
    ...((count !== 1 || words.n !== undefined) && { n: count }),
  }
}

/**
 * Pictures are sent as files: JSON with links is newer and OpenAI's alone. No
 * `response_format` is asked for: a link serves as well as base64, the
 * gpt-image models refuse the field, and other servers have words of their own
 * for it.
 * Source: OpenAI's API reference, images, read November 2026; the fields beyond
 * it as vLLM-Omni's image API has them.
 *
 * @throws TurnoutError invalid_input for a picture that is not inline
 */
export function imageRequest(call: ImageCall, dialect: Dialect, provider: string): ImageRequest {
  const { inputs = {}, defaults = {} } = call
  const family = familyOf(call.model, dialect)
  const files = filesOf(call, provider)
  const operation = files.length > 0 ? 'images.edit' : 'images.generate'
  const takes = operation === 'images.edit' ? family.edits : family.generates
  if (call.words) {
    const fields = { ...wordsOf(call), model: call.model, prompt: call.prompt }
    return { operation, fields, files, warnings: [] }
  }
  const warnings = leftOut(call, takes)
  const settings = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter(
    (setting) => takes.includes(setting) && call[setting] !== undefined,
  )
  const fields: Record<string, unknown> = {
    ...defaults,
    ...Object.fromEntries(settings.map((setting) => [FIELDS[setting], call[setting]])),
    ...shapeFields(call, family, warnings),
    ...inputs,
    model: call.model,
    prompt: call.prompt,
    n: call.count,
  }
  for (const name of OF_STREAMS) {
    delete fields[name]
    if (inputs[name]) warnings.push(`The pictures are not streamed here; ${name} was left out.`)
  }
  return { operation, fields, files, warnings }
}
