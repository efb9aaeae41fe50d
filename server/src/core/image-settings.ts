import type { GenerateImage, Model } from '@turnout/contract'
import { TurnoutError } from './error.ts'

/** A setting that was sent otherwise than it was asked for. */
export interface MappedSetting {
  setting: string
  asked: unknown
  used: unknown
  reason: string
}

interface Size {
  width: number
  height: number
}

const parseSize = (text: string): Size => {
  const [width, height] = text.split('x').map(Number)
  return { width: width!, height: height! }
}

/** How different two sizes look: by their shape first, then by their area. */
function difference(a: Size, b: Size): number {
  const shape = Math.abs(Math.log(a.width / a.height / (b.width / b.height)))
  const area = Math.abs(Math.log((a.width * a.height) / (b.width * b.height)))
  return shape * 4 + area
}

function nearestListed(sizes: readonly string[], asked: Size): Size {
  const fixed = sizes.filter((size) => /^\d+x\d+$/.test(size)).map(parseSize)
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

const DEFAULT_SIDE = 1024

const SWITCHES = [
  ['negativePrompt', 'negativePrompt', 'a negative prompt'],
  ['guidanceScale', 'guidance', 'a guidance scale'],
  ['steps', 'steps', 'a number of steps'],
  ['seed', 'seed', 'a seed'],
] as const

/**
 * The settings of a picture as its model takes them. A size is mapped to the
 * nearest one that is allowed, and that is reported; what a model has no
 * notion of is refused, because leaving it out would change the picture.
 *
 * @throws TurnoutError capability_missing, invalid_input
 */
export function fitImageSettings(
  model: Model,
  asked: GenerateImage,
): { size: Size | undefined; mapped: MappedSetting[] } {
  for (const [setting, capability, what] of SWITCHES) {
    if (asked[setting] !== undefined && model.capabilities[capability] === false) {
      throw new TurnoutError('capability_missing', `Model ${model.id} does not take ${what} (${setting}).`, {
        param: setting,
      })
    }
  }
  const { limits } = model
  if (limits.images !== undefined && asked.count > limits.images) {
    throw new TurnoutError('invalid_input', `count must be at most ${limits.images} for model ${model.id}.`, {
      param: 'count',
    })
  }
  if (limits.promptCharacters !== undefined && asked.prompt.length > limits.promptCharacters) {
    throw new TurnoutError(
      'invalid_input',
      `prompt must have at most ${limits.promptCharacters} characters for model ${model.id}.`,
      {
        param: 'prompt',
      },
    )
  }
  if (asked.width === undefined && asked.height === undefined) return { size: undefined, mapped: [] }
  const wanted = {
    width: asked.width ?? asked.height ?? DEFAULT_SIDE,
    height: asked.height ?? asked.width ?? DEFAULT_SIDE,
  }
  const size = limits.sizes ? nearestListed(limits.sizes, wanted) : nearestFree(limits, wanted)
  const reason = limits.sizes
    ? `the model has these sizes: ${limits.sizes.join(', ')}`
    : 'the nearest size within the limits of the model'
  const mapped = (['width', 'height'] as const)
    .filter((side) => size[side] !== wanted[side])
    .map((side) => ({ setting: side, asked: wanted[side], used: size[side], reason }))
  return { size, mapped }
}

/** The settings that prices of pictures depend on, as they are sent. */
export function pricedSettings(sent: Readonly<Record<string, unknown>>): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const name of ['quality', 'size', 'resolution']) {
    if (typeof sent[name] === 'string') settings[name] = sent[name]
  }
  return settings
}
