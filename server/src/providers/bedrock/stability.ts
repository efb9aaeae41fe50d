import { TurnoutError } from '../../core/error.ts'
import type { ImageCall } from '../../core/media.ts'
import { aspectRatioOf, inlineOf, leftOut, type MediaSetting, requireAtMost, warnOfCount } from '../shared/media.ts'
import type { ImageAnswer, ImageWire } from './image.ts'

type Json = Readonly<Record<string, unknown>>

const ASPECT_RATIOS = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'] as const
const MAX_SEED = 4_294_967_294
const FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp'])
/** Where the call says nothing: halfway between keeping the picture and ignoring it. */
const DEFAULT_STRENGTH = 0.5

const GENERATE: readonly MediaSetting[] = ['negativePrompt', 'size', 'aspectRatio', 'seed', 'outputFormat']
const FROM_PICTURE: readonly MediaSetting[] = [...GENERATE, 'pictures', 'strength']
/** Services that change a picture: their own fields come from the inputs of the call. */
const EDIT: readonly MediaSetting[] = ['negativePrompt', 'seed', 'outputFormat', 'pictures', 'mask', 'style']

type Kind = 'core' | 'generate' | 'edit'

const kindOf = (model: string): Kind =>
  /stable-image-core/.test(model) ? 'core' : /stable-image-ultra|sd3|diffusion/.test(model) ? 'generate' : 'edit'

const TAKES: Readonly<Record<Kind, readonly MediaSetting[]>> = { core: GENERATE, generate: FROM_PICTURE, edit: EDIT }

function derive(call: ImageCall, kind: Kind, warnings: string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = { prompt: call.prompt, negative_prompt: call.negativePrompt }
  if (call.seed !== undefined) {
    fields.seed = Math.abs(call.seed) % (MAX_SEED + 1)
    if (fields.seed !== call.seed) warnings.push(`Seeds go from 0 to ${MAX_SEED}: ${call.seed} became ${fields.seed}.`)
  }
  if (call.outputFormat !== undefined) {
    if (FORMATS.has(call.outputFormat)) fields.output_format = call.outputFormat
    else warnings.push(`The model does not write ${call.outputFormat}; its formats are ${[...FORMATS].join(', ')}.`)
  }
  if (kind === 'edit') fields.style_preset = call.style
  return fields
}

function deriveShape(call: ImageCall, warnings: string[]): string | undefined {
  if (call.aspectRatio !== undefined || call.size === undefined) return call.aspectRatio
  const { aspectRatio, warning } = aspectRatioOf(call.size, ASPECT_RATIOS)
  warnings.push(warning)
  return aspectRatio
}

/** What a generation that starts from a picture needs beside it. */
function fromPicture(call: ImageCall, given: Json, warnings: string[]): Json {
  if (call.size ?? call.aspectRatio) warnings.push('The picture keeps its shape; size and aspect ratio were left out.')
  const strength = call.strength ?? given.strength ?? DEFAULT_STRENGTH
  if (call.strength === undefined && given.strength === undefined)
    warnings.push(`The model needs a strength beside a picture; ${DEFAULT_STRENGTH} was used.`)
  return { mode: 'image-to-image', strength, aspect_ratio: undefined }
}

function request(call: ImageCall, provider: string): { body: Json; warnings: string[] } {
  const kind = kindOf(call.model)
  const warnings = leftOut(call, TAKES[kind])
  warnOfCount(call, warnings)
  const given = { ...call.defaults, ...call.inputs }
  const pictures = kind === 'core' ? [] : (call.pictures ?? [])
  requireAtMost(pictures, 1, provider)
  const [picture] = pictures
  const image = picture ? inlineOf(picture, provider).base64 : undefined
  const mask = kind === 'edit' && call.mask ? inlineOf(call.mask, provider).base64 : undefined
  const fields: Record<string, unknown> = { ...derive(call, kind, warnings), image, mask }
  if (kind === 'generate' && (image ?? given.image) !== undefined)
    Object.assign(fields, fromPicture(call, given, warnings))
  else if (kind !== 'edit') fields.aspect_ratio = deriveShape(call, warnings)
  if (kind === 'generate' && fields.mode === undefined && call.strength !== undefined)
    warnings.push('A strength means nothing without a picture; it was left out (strength).')
  for (const name in fields) if (fields[name] === undefined) delete fields[name]
  const body: Record<string, unknown> = { ...call.defaults, ...fields, ...call.inputs }
  if (fields.mode !== undefined) delete body.aspect_ratio
  return { body, warnings }
}

/** Why a picture was not made: for its content, or because the model failed. */
function failureOf(reason: string, provider: string, upstreamRequestId: string | undefined): TurnoutError {
  const isFilter = /^filter/i.test(reason)
  const what = isFilter ? 'withheld the picture for its content' : 'failed to make the picture'
  return new TurnoutError(isFilter ? 'content_policy' : 'upstream_error', `${provider} ${what} (${reason}).`, {
    provider,
    upstreamStatus: 200,
    upstreamCode: reason,
    upstreamRequestId,
  })
}

const MEDIA_TYPES: Readonly<Record<string, string>> = { jpeg: 'image/jpeg', webp: 'image/webp' }

/** `images`, `seeds` and `finish_reasons` go side by side; a reason is null where there is a picture. */
function read(answer: Json, body: Json, provider: string, requestId: string | undefined): ImageAnswer {
  const images = Array.isArray(answer.images) ? (answer.images as unknown[]) : []
  const seeds = Array.isArray(answer.seeds) ? (answer.seeds as unknown[]) : []
  const reasons = Array.isArray(answer.finish_reasons) ? (answer.finish_reasons as unknown[]) : []
  const reason = reasons.find((each) => typeof each === 'string' && each !== '')
  const isWhole = (index: number) => reasons[index] === null || reasons[index] === undefined
  const pictures = images.flatMap((base64, index) =>
    typeof base64 === 'string' && base64 !== '' && isWhole(index)
      ? [{ base64, seed: typeof seeds[index] === 'number' ? seeds[index] : undefined }]
      : [],
  )
  if (pictures.length === 0 && typeof reason === 'string') throw failureOf(reason, provider, requestId)
  return { pictures, mediaType: MEDIA_TYPES[String(body.output_format)] ?? 'image/png', warnings: [] }
}

/**
 * Stability AI's models on Bedrock.
 * Source: Bedrock user guide, request and response of Stable Diffusion 3.5,
 * Stable Image Core and Ultra, read November 2026.
 */
export const stabilityWire: ImageWire = { request, read }
