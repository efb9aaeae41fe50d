import type { ImageCall } from '../../core/media.ts'
import { aspectRatioOf, nearestShape, type Size, shapeOf } from '../shared/media.ts'
import type { Shape } from './families.ts'

/** What a picture has when only its shape is asked for: about one megapixel. */
const USUAL_PIXELS = 1024 * 1024

type ByPixels = Extract<Shape, { by: 'pixels' }>
type ByRatio = Extract<Shape, { by: 'ratio' }>

function within({ min, max = Number.POSITIVE_INFINITY, multiple }: ByPixels, side: number): number {
  const lowest = Math.ceil(min / multiple) * multiple
  const highest = Math.floor(max / multiple) * multiple
  return Math.min(highest, Math.max(lowest, Math.round(side / multiple) * multiple))
}

function pixels(shape: ByPixels, call: ImageCall, warnings: string[]): Size | undefined {
  const ratio = call.aspectRatio === undefined ? Number.NaN : shapeOf(call.aspectRatio)
  if (call.size === undefined && Number.isNaN(ratio)) return undefined
  // The longer side must fit, so that a narrow shape stays narrow where it is scaled down.
  const longest = Math.min(shape.max ?? Number.POSITIVE_INFINITY, Math.sqrt(USUAL_PIXELS * Math.max(ratio, 1 / ratio)))
  const asked = call.size ?? {
    width: ratio >= 1 ? longest : longest * ratio,
    height: ratio >= 1 ? longest / ratio : longest,
  }
  const size = { width: within(shape, asked.width), height: within(shape, asked.height) }
  const wanted = call.size ? `${call.size.width}x${call.size.height}` : call.aspectRatio
  const sent = `${size.width}x${size.height}`
  if (wanted !== sent)
    warnings.push(`The model takes sizes in steps of ${shape.multiple} pixels: ${wanted} became ${sent}.`)
  return size
}

/** The class whose area is nearest. */
function resolutionOf({ width, height }: Size, classes: Readonly<Record<string, number>>): string {
  return nearestShape((width * height) / 1e6, Object.keys(classes), (name) => classes[name]!)
}

function ratio(shape: ByRatio, call: ImageCall, warnings: string[]): Record<string, unknown> {
  if (call.aspectRatio !== undefined || call.size === undefined) return { aspect_ratio: call.aspectRatio }
  const { aspectRatio, warning } = aspectRatioOf(call.size, shape.ratios)
  warnings.push(warning)
  if (shape.classes === undefined) return { aspect_ratio: aspectRatio }
  const resolution = resolutionOf(call.size, shape.classes)
  warnings.push(`Of the model's resolutions, ${resolution} is the nearest to ${call.size.width}x${call.size.height}.`)
  return { aspect_ratio: aspectRatio, resolution }
}

/** The fields by which a family is told the shape that the call asks for. */
export function shapeFields(shape: Shape, call: ImageCall, warnings: string[]): Record<string, unknown> {
  if (shape.by === 'picture') return {}
  return shape.by === 'ratio' ? ratio(shape, call, warnings) : { ...pixels(shape, call, warnings) }
}
