import { aspectRatioOf, nearestShape, type Size, shapeOf } from '../shared/media.ts'
import type { ImageShape } from './image-endpoints.ts'

/** What the names of `image_size` stand for; each is about a megapixel or less. */
const NAMES: ReadonlyMap<string | undefined, string> = new Map([
  ['1:1', 'square_hd'],
  ['4:3', 'landscape_4_3'],
  ['3:4', 'portrait_4_3'],
  ['16:9', 'landscape_16_9'],
  ['9:16', 'portrait_16_9'],
])

const USUAL_PIXELS = 1024 * 1024
const STEP = 16

/** A size of about one megapixel in that shape. */
function sizeOf(shape: number): Size {
  const side = (length: number) => Math.round(length / STEP) * STEP
  return { width: side(Math.sqrt(USUAL_PIXELS * shape)), height: side(Math.sqrt(USUAL_PIXELS / shape)) }
}

interface Asked {
  size?: Size
  aspectRatio?: string
}

/** A size as `image_size` and `video_size` have it: `{width, height}`, or the name of a shape. */
export function namedSize({ size, aspectRatio }: Asked, warnings: string[]): Size | string | undefined {
  if (size !== undefined || aspectRatio === undefined) return size
  const name = NAMES.get(aspectRatio)
  if (name !== undefined) return name
  const shape = shapeOf(aspectRatio)
  if (Number.isNaN(shape)) {
    warnings.push(`The model takes sizes, and ${aspectRatio} is none; it was left out.`)
    return undefined
  }
  const made = sizeOf(shape)
  warnings.push(
    `The model takes a size instead of an aspect ratio: ${aspectRatio} became ${made.width}x${made.height}.`,
  )
  return made
}

const shapeOfSize = (size: string): number => shapeOf(size.replace('x', ':'))

function listedSize({ size, aspectRatio }: Asked, sizes: readonly string[], warnings: string[]): string | undefined {
  const asked = size ? `${size.width}x${size.height}` : aspectRatio
  if (asked === undefined || sizes.includes(asked)) return asked
  const shape = shapeOf(asked.replace('x', ':'))
  if (Number.isNaN(shape)) return asked
  const nearest = nearestShape(shape, sizes, shapeOfSize)
  warnings.push(`The model has fixed sizes: ${asked} became ${nearest}.`)
  return nearest
}

/** An aspect ratio, for which a size becomes the nearest one. */
export function ratioOf(
  { size, aspectRatio }: Asked,
  ratios: readonly string[],
  warnings: string[],
): string | undefined {
  if (aspectRatio !== undefined || size === undefined) return aspectRatio
  const nearest = aspectRatioOf(size, ratios)
  warnings.push(nearest.warning)
  return nearest.aspectRatio
}

/** The fields by which an endpoint is told the shape that the call asks for. */
export function shapeFields(shape: ImageShape, asked: Asked, warnings: string[]): Record<string, unknown> {
  switch (shape.by) {
    case 'image_size':
      return { image_size: namedSize(asked, warnings) }
    case 'sizes':
      return { image_size: listedSize(asked, shape.sizes, warnings) }
    case 'aspect_ratio':
      return { aspect_ratio: ratioOf(asked, shape.ratios, warnings) }
    case 'picture':
      return {}
  }
}
