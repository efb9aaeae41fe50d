import { readSource, type Source } from '../media/inputs.ts'
import { type Detail, valueDetail } from '../media/pydantic.ts'
import { sizeOfRatio } from '../picture/plain.ts'
import { checkShape } from '../shape.ts'
import type { JsonObject } from '../types.ts'
import { invalid } from './errors.ts'
import { FIELDS } from './fields.ts'
import { FLUX3_IMAGE, PIXELS, videoFields } from './flux3.ts'

/** Work that the API would accept. */
export interface Wanted {
  model: string
  prompt: string
  width: number
  height: number
  /** File extension of the result. */
  format: string
  seed: number | undefined
  sources: readonly Source[]
  /** Seconds of video; undefined for a picture. */
  seconds: number | undefined
  /** Class of resolution of FLUX 3. */
  resolution: string | undefined
}

const MAX_PIXELS = 4 * 1024 ** 2
const IMAGE_FIELD = /^(input_image(_\d)?|image_prompt|image|mask)$/

function readPicture(field: string, value: unknown): Source {
  const source = readSource(String(value), ['base64', 'url', 'data-url'])
  if (!source) throw invalid(valueDetail(field, 'expected a picture in base64 or by URL', null))
  return source
}

function readPictures(body: JsonObject): Source[] {
  const named = Object.entries(body).filter(([key, value]) => IMAGE_FIELD.test(key) && typeof value === 'string')
  const listed = ((body.images ?? []) as unknown[]).map((item) => ['images', item] as const)
  return [...named, ...listed].map(([key, value]) => readPicture(key, value))
}

/** Sides in steps of 32 pixels for FLUX.1, of 16 for FLUX.2, whose area is bounded too. */
function checkSides(body: JsonObject, step: number): void {
  const wrong = (['width', 'height'] as const).filter((name) => Number(body[name] ?? 0) % step !== 0)
  if (wrong.length > 0) {
    const details = wrong.map(
      (name): Detail => ({
        loc: ['body', name],
        input: body[name],
        type: 'multiple_of',
        msg: `Input should be a multiple of ${step}`,
        ctx: { multiple_of: step },
      }),
    )
    throw invalid(...details)
  }
  const area = Number(body.width ?? 1024) * Number(body.height ?? 1024)
  if (area > MAX_PIXELS)
    throw invalid(valueDetail('width', 'the picture must not be larger than 4 megapixels', body.width))
}

/** A ratio between both bounds, which are turned upside down for portraits. */
function checkRatio(value: string, most: number): void {
  const [across = 0, down = 0] = /^\d+:\d+$/.test(value) ? value.split(':').map(Number) : []
  const ratio = across / down
  if (ratio >= 1 / most - 1e-9 && ratio <= most + 1e-9) return
  throw invalid(valueDetail('aspect_ratio', 'the aspect ratio is malformed or out of bounds', value))
}

function sizeOf(model: string, body: JsonObject, first: Source | undefined): { width: number; height: number } {
  const { width, height, aspect_ratio: ratio } = body as { width?: number; height?: number; aspect_ratio?: string }
  if (model === 'flux-pro-1.0-expand') {
    const margin = (name: string): number => Number(body[name] ?? 0)
    const { width: across, height: down } = first ?? { width: 1024, height: 1024 }
    return { width: across + margin('left') + margin('right'), height: down + margin('top') + margin('bottom') }
  }
  if (model.startsWith('flux-pro-1.0-fill') && first) return first
  if (/^flux-(dev|pro-1\.1)$/.test(model)) return { width: width ?? 1024, height: height ?? 768 }
  if (model.startsWith('flux-pro-1.1-ultra')) return sizeOfRatio(ratio ?? '16:9', 4 * 1024 ** 2)
  if (model.startsWith('flux-kontext')) return sizeOfRatio(ratio ?? (first ? `${first.width}:${first.height}` : '1:1'))
  return { width: width ?? first?.width ?? 1024, height: height ?? first?.height ?? 1024 }
}

/** @throws Problem and Refusal for everything that the API would not accept. */
export function readImage(model: string, body: JsonObject): Wanted {
  checkShape(FIELDS[model] ?? {}, body)
  const older = /^flux-(dev|pro-1\.1)$/.test(model)
  if (older || model.startsWith('flux-2-')) checkSides(body, older ? 32 : 16)
  if (typeof body.aspect_ratio === 'string')
    checkRatio(body.aspect_ratio, model.startsWith('flux-kontext') ? 7 / 3 : 21 / 9)
  const sources = readPictures(body)
  return {
    model,
    prompt: (body.prompt as string | null | undefined) ?? '',
    ...sizeOf(model, body, sources[0]),
    format: (body.output_format as string | null | undefined) ?? (model.startsWith('flux-kontext') ? 'png' : 'jpeg'),
    seed: (body.seed as number | null | undefined) ?? undefined,
    sources,
    seconds: undefined,
    resolution: undefined,
  }
}

/** @throws Problem and Refusal */
export function readFlux3Image(model: 'flux-3-image' | 'flux-3-image-klein', body: JsonObject): Wanted {
  checkShape(FLUX3_IMAGE, body)
  const sources = readPictures(body)
  const resolution = (body.resolution as string | undefined) ?? '1k'
  const ratio = (body.aspect_ratio as string | undefined) ?? 'auto'
  const first = sources[0] ?? { width: 1, height: 1 }
  const size = sizeOfRatio(ratio === 'auto' ? `${first.width}:${first.height}` : ratio, PIXELS[resolution])
  const prompt = body.prompt as string
  return {
    model,
    prompt,
    ...size,
    format: 'png',
    seed: undefined,
    sources,
    seconds: undefined,
    resolution,
  }
}

/** @throws Problem and Refusal */
export function readFlux3Video(body: JsonObject): Wanted {
  checkShape(videoFields(body), body)
  const { duration, batch = 1 } = body as { duration?: number | 'auto'; batch?: number }
  const resolution = (body.resolution as string | undefined) ?? 'hd'
  return {
    model: 'flux-3-video',
    prompt: (body.prompt as string | undefined) ?? 'the draft, enhanced',
    ...(resolution === 'hd' ? { width: 1280, height: 720 } : { width: 1920, height: 1080 }),
    format: 'mp4',
    seed: undefined,
    sources: [],
    seconds: (typeof duration === 'number' ? duration : 5) * batch,
    resolution,
  }
}
