import { TurnoutError } from '../../core/error.ts'
import { sizeOf } from '../../core/image/ratio.ts'
import type { ImageCall } from '../../core/media.ts'
import { defined } from '../../lib/objects.ts'
import { inlineOf, leftOut, type MediaSetting, requireAtMost, shapeOf } from '../shared/media.ts'
import type { ImageAnswer, ImageWire } from './image.ts'

type Json = Readonly<Record<string, unknown>>

const TAKES: readonly MediaSetting[] = [
  'negativePrompt',
  'size',
  'aspectRatio',
  'seed',
  'pictures',
  'guidanceScale',
  'strength',
  'quality',
  'style',
]
const OF_CONFIG: readonly string[] = ['width', 'height', 'quality', 'cfgScale', 'seed', 'numberOfImages']
const MOST_PICTURES = 5
const QUALITIES: ReadonlySet<string> = new Set(['standard', 'premium'])
const SIMILARITY = { min: 0.2, max: 1 }
function sizeFor({ size, aspectRatio }: ImageCall, warnings: string[]): { width?: number; height?: number } {
  if (size !== undefined || aspectRatio === undefined) return size ?? {}
  const { width, height } = sizeOf(shapeOf(aspectRatio))
  warnings.push(`The model takes a size instead of an aspect ratio: ${aspectRatio} became ${width}x${height}.`)
  return { width, height }
}

/** OpenAI's words for quality, as the two that the model knows. */
function qualityOf({ quality }: ImageCall, warnings: string[]): string | undefined {
  if (quality === undefined || QUALITIES.has(quality)) return quality
  const mapped = quality === 'high' || quality === 'hd' ? 'premium' : 'standard'
  warnings.push(`The model has no quality "${quality}"; "${mapped}" was asked for.`)
  return mapped
}

/** A strength is how far to depart from the picture, a similarity how near to stay. */
function similarityOf({ strength }: ImageCall): number | undefined {
  if (strength === undefined) return undefined
  return Math.min(SIMILARITY.max, Math.max(SIMILARITY.min, Math.round((1 - strength) * 100) / 100))
}

function taskOf(call: ImageCall, provider: string, warnings: string[]): Json {
  const pictures = call.pictures ?? []
  requireAtMost(pictures, MOST_PICTURES, provider)
  const words = { text: call.prompt, negativeText: call.negativePrompt || undefined }
  if (pictures.length === 0) {
    if (call.strength !== undefined)
      warnings.push('A strength means nothing without a picture; it was left out (strength).')
    return { taskType: 'TEXT_IMAGE', textToImageParams: { ...words, style: call.style } }
  }
  if (call.style !== undefined) warnings.push('The model takes no style beside a picture; it was left out (style).')
  const images = pictures.map((picture) => inlineOf(picture, provider).base64)
  return {
    taskType: 'IMAGE_VARIATION',
    imageVariationParams: { ...words, images, similarityStrength: similarityOf(call) },
  }
}

const members = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

/** Parameters of the configuration may be given flat or within their member. */
function configOf(given: Json | undefined): Json {
  const flat = Object.fromEntries(OF_CONFIG.flatMap((name) => (given && name in given ? [[name, given[name]]] : [])))
  return { ...members(given?.imageGenerationConfig), ...flat }
}

const othersOf = (given: Json | undefined): Json =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !OF_CONFIG.includes(name)))

function request(call: ImageCall, provider: string): { body: Json; warnings: string[] } {
  const warnings = leftOut(call, TAKES)
  const own = {
    ...sizeFor(call, warnings),
    seed: call.seed,
    cfgScale: call.guidanceScale,
    quality: qualityOf(call, warnings),
    numberOfImages: call.count,
  }
  const body = {
    ...othersOf(call.defaults),
    ...taskOf(call, provider, warnings),
    ...othersOf(call.inputs),
    imageGenerationConfig: { ...configOf(call.defaults), ...defined(own), ...configOf(call.inputs) },
  }
  return { body, warnings }
}

const CONTENT = /content|polic|filter|blocked|responsible|moderat/i

/** `error` says why some or all pictures are missing. */
function read(answer: Json, _body: Json, provider: string, requestId: string | undefined): ImageAnswer {
  const images = Array.isArray(answer.images) ? (answer.images as unknown[]) : []
  const pictures = images.flatMap((base64) => (typeof base64 === 'string' && base64 !== '' ? [{ base64 }] : []))
  const { error } = answer
  const isError = typeof error === 'string' && error !== ''
  if (pictures.length === 0 && isError) {
    const isFilter = CONTENT.test(error)
    throw new TurnoutError(isFilter ? 'content_policy' : 'upstream_error', `${provider}: ${error}`, {
      provider,
      upstreamStatus: 200,
      upstreamRequestId: requestId,
    })
  }
  return { pictures, mediaType: 'image/png', warnings: isError ? [`Some pictures are missing: ${error}`] : [] }
}

/**
 * Amazon Nova Canvas, which AWS itself has served until September 2026.
 * Source: Nova user guide, image generation request and response, read November 2026.
 */
export const novaCanvasWire: ImageWire = { request, read }
