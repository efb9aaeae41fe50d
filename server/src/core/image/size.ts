import type { Model } from '@turnout/contract'

export interface Size {
  width: number
  height: number
}

export const formatSize = ({ width, height }: Size): string => `${width}x${height}`

export function parseSize(text: string): Size {
  const [width, height] = text.split('x').map(Number)
  return { width: width!, height: height! }
}

/** How different two sizes look: by their shape first, then by their area. */
function difference(a: Size, b: Size): number {
  const shape = Math.abs(Math.log(a.width / a.height / (b.width / b.height)))
  const area = Math.abs(Math.log((a.width * a.height) / (b.width * b.height)))
  return shape * 4 + area
}

/** The sizes of a list that are sizes: `auto` is none. */
export const fixedSizes = (sizes: readonly string[]): Size[] =>
  sizes.filter((size) => /^\d+x\d+$/.test(size)).map(parseSize)

function nearestListed(sizes: readonly string[], asked: Size): Size {
  const fixed = fixedSizes(sizes)
  return fixed.reduce(
    (best, size) => (difference(size, asked) < difference(best, asked) ? size : best),
    fixed[0] ?? asked,
  )
}

/** The nearest size within free limits: shape kept where it can be, then scaled, then rounded to the grid. */
function nearestFree(
  { minSide = 1, maxSide = Number.MAX_SAFE_INTEGER, sideMultiple = 1, maxPixels, maxAspect }: Model['limits'],
  asked: Size,
): Size {
  let { width, height } = asked
  if (maxAspect !== undefined) {
    if (width > height * maxAspect) width = height * maxAspect
    if (height > width * maxAspect) height = width * maxAspect
  }
  const pixels = width * height
  if (maxPixels !== undefined && pixels > maxPixels) {
    const scale = Math.sqrt(maxPixels / pixels)
    width *= scale
    height *= scale
  }
  const onGrid = (side: number) => {
    const within = Math.min(maxSide, Math.max(minSide, side))
    const rounded = Math.round(within / sideMultiple) * sideMultiple
    return rounded > maxSide ? rounded - sideMultiple : rounded < minSide ? rounded + sideMultiple : rounded
  }
  const size = { width: onGrid(width), height: onGrid(height) }
  while (
    maxPixels !== undefined &&
    size.width * size.height > maxPixels &&
    Math.max(size.width, size.height) > minSide
  ) {
    if (size.width >= size.height) size.width -= sideMultiple
    else size.height -= sideMultiple
  }
  return size
}

/** The size that a model has for the one that was asked for. */
export const nearestSize = (limits: Model['limits'], asked: Size): Size =>
  limits.sizes ? nearestListed(limits.sizes, asked) : nearestFree(limits, asked)

/** Why it is that one. */
export const reasonOfSize = ({ sizes }: Model['limits']): string =>
  sizes ? `the model has these sizes: ${sizes.join(', ')}` : 'the nearest size within the limits of the model'

/** Pictures below are refused by some, whatever their limits say. */
const LEAST_SIDE = 256

/** The smallest size that a model has; undefined where it says nothing of sizes. */
export function smallestSize({ sizes, minSide, sideMultiple = 1 }: Model['limits']): Size | undefined {
  if (sizes) return fixedSizes(sizes).sort((a, b) => a.width * a.height - b.width * b.height)[0]
  if (minSide === undefined) return undefined
  const side = Math.ceil(Math.max(LEAST_SIDE, minSide) / sideMultiple) * sideMultiple
  return { width: side, height: side }
}
