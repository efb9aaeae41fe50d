import type { JsonObject } from '../types.ts'
import { badRequest } from './errors.ts'
import { FORMATS, QUALITIES, SIZES } from './image-fields.ts'
import type { EmulatedModel, ModelTable } from './models.ts'
import { invalidValue } from './validate.ts'

/** A request for pictures with every default filled in. */
export interface ImageRequest {
  model: EmulatedModel
  prompt: string
  n: number
  width: number
  height: number
  quality: string
  background: 'transparent' | 'opaque'
  format: string
  compression: number
  stream: boolean
  partialImages: number
}

const MAX_SIDE = 3840
const MAX_PIXELS = 3840 * 2160

function readSize(size: string, model: EmulatedModel): { width: number; height: number } {
  if (SIZES.includes(size)) {
    const [width = 1024, height = 1024] = size === 'auto' ? [] : size.split('x').map(Number)
    return { width, height }
  }
  if (!model.freeSize) throw invalidValue(size, SIZES, 'size')
  const match = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/.exec(size)
  const [width, height] = [Number(match?.[1]), Number(match?.[2])]
  const fail = (rule: string): Error => badRequest(`Invalid size '${size}'. ${rule}`, 'size', 'invalid_value')
  if (!match) throw fail('Expected WIDTHxHEIGHT or auto.')
  if (width % 16 !== 0 || height % 16 !== 0) throw fail('Width and height must both be divisible by 16.')
  if (width > height * 3 || height > width * 3) throw fail('The aspect ratio must be between 1:3 and 3:1.')
  if (Math.max(width, height) > MAX_SIDE || width * height > MAX_PIXELS) throw fail('The maximum is 3840x2160.')
  return { width, height }
}

function choice(value: unknown, values: readonly string[], field: string): string {
  if (value === undefined || value === null) return 'auto'
  if (typeof value === 'string' && values.includes(value)) return value
  throw invalidValue(value, values, field)
}

function checkOutput(request: ImageRequest, compression: unknown): void {
  const { background, format } = request
  if (background === 'transparent' && format === 'jpeg') {
    throw badRequest('Transparent background is not supported for JPEG output format.', 'background', 'invalid_value')
  }
  if (typeof compression === 'number' && compression < 100 && format !== 'jpeg' && format !== 'webp') {
    throw badRequest(
      `Compression less than 100 is not supported for ${format.toUpperCase()} output format.`,
      'output_compression',
      'invalid_value',
    )
  }
}

/**
 * Reads the fields that generations and edits share; their types are already checked.
 *
 * @param fallback the model where none is named
 * @throws ApiError 400, or 404 for the model
 */
export function readImageRequest(body: JsonObject, models: ModelTable, fallback: string): ImageRequest {
  const model = models.use((body.model as string | null | undefined) ?? fallback, 'image')
  const quality = choice(body.quality, [...QUALITIES, ...model.moreQualities], 'quality')
  const format = choice(body.output_format, [...FORMATS, ...model.moreFormats], 'output_format')
  const partialImages = (body.partial_images as number | null | undefined) ?? 0
  const request: ImageRequest = {
    model,
    prompt: body.prompt as string,
    n: (body.n as number | null | undefined) ?? 1,
    ...readSize((body.size as string | null | undefined) ?? 'auto', model),
    quality: quality === 'auto' ? 'medium' : quality,
    background: body.background === 'transparent' ? 'transparent' : 'opaque',
    format: format === 'auto' ? 'png' : format,
    compression: (body.output_compression as number | null | undefined) ?? 100,
    stream: body.stream === true,
    partialImages,
  }
  checkOutput(request, body.output_compression)
  if (partialImages > 0 && !request.stream) {
    throw badRequest("The 'partial_images' parameter is only allowed when 'stream' is enabled.", 'partial_images')
  }
  if (request.stream && request.n > 1) {
    throw badRequest("Streaming is only supported with 'n' = 1.", 'n', 'invalid_value')
  }
  return request
}
