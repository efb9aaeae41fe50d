import type { Size } from './size.ts'

/** Width over height; NaN for what is no ratio. */
export function parseRatio(text: string): number {
  const [width, height] = text.split(':').map(Number)
  return width! / height!
}

/** The ratio of a list whose shape is nearest; undefined where the list has none. */
export function nearestRatio(ratios: readonly string[], ratio: number): string | undefined {
  const distance = (text: string) => Math.abs(Math.log(parseRatio(text) / ratio))
  return ratios
    .filter((text) => Number.isFinite(distance(text)))
    .reduce<string | undefined>(
      (best, text) => (best === undefined || distance(text) < distance(best) ? text : best),
      undefined,
    )
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

/** The shape of a size in whole numbers, such as `16:9`. */
export function ratioOf({ width, height }: Size): string {
  const by = divisor(width, height)
  return `${width / by}:${height / by}`
}

/** What models are made for that say nothing else: about a megapixel, in steps that all of them can draw. */
const PIXELS = 1024 * 1024
const STEP = 16

/** A size of that shape. */
export function sizeOf(ratio: number): Size {
  const onGrid = (side: number) => Math.max(STEP, Math.round(side / STEP) * STEP)
  return { width: onGrid(Math.sqrt(PIXELS * ratio)), height: onGrid(Math.sqrt(PIXELS / ratio)) }
}
