/** A size in pixels. */
export interface Size {
  width: number
  height: number
}

const ratioOf = (ratio: string): number => {
  const [width, height] = ratio.split(':').map(Number)
  return width! / height!
}

/** The ratio that looks most like a size. */
export const nearestRatio = ({ width, height }: Size, ratios: readonly string[]): string =>
  ratios.reduce((best, ratio) => {
    const distance = (each: string) => Math.abs(Math.log(ratioOf(each) / (width / height)))
    return distance(ratio) < distance(best) ? ratio : best
  })

/** Classes of size by area: each is four times the one before. */
const CLASSES = ['1K', '2K', '4K'] as const
export type SizeClass = (typeof CLASSES)[number]
const SIDES: Readonly<Record<string, number>> = { '1K': 1024, '2K': 2048, '4K': 4096 }

function sizeClass({ width, height }: Size, largest: SizeClass): SizeClass {
  const side = Math.sqrt(width * height)
  const fitting = CLASSES.slice(0, CLASSES.indexOf(largest) + 1)
  return fitting.find((each) => side <= SIDES[each]! * Math.SQRT2) ?? largest
}

/** That pixels were asked for where there are only ratios and classes. */
export const noPixels = (model: string, { width, height }: Size, ratio: string, area: string): string =>
  `${model} takes no pixels: ${width}x${height} was sent as ${ratio} at ${area}.`

/** A ratio and a class of size as they are sent. The smallest class is what models make when nothing is said. */
export interface Shape {
  ratio: string | undefined
  area: string | undefined
}

/**
 * The shape of a picture as models without pixels take it. A class that is
 * given in the provider's own word wins. What it comes to is said, unless it
 * is exactly what was asked for.
 */
export function shapeOf(
  call: { model: string; size?: Size; aspectRatio?: string },
  ratios: readonly string[],
  given: unknown,
  largest: SizeClass,
  warnings: string[],
): Shape {
  const { model, size, aspectRatio } = call
  const named = typeof given === 'string' ? given : undefined
  if (!size) return { ratio: aspectRatio, area: named }
  const area = named ?? sizeClass(size, largest)
  const ratio = aspectRatio ?? nearestRatio(size, ratios)
  const isExact = ratio === '1:1' && size.width === size.height && size.width === SIDES[area]
  if (!isExact) warnings.push(noPixels(model, size, ratio, area))
  return { ratio, area: named ?? (area === CLASSES[0] ? undefined : area) }
}
