import type { Model } from '@turnout/contract'
import { TurnoutError } from '../error.ts'
import { inputOf } from './inputs.ts'
import { nearestRatio, parseRatio, ratioOf, sizeOf } from './ratio.ts'
import type { ImageRequest, MappedSetting, SettingNames } from './request.ts'
import { formatSize, nearestSize, reasonOfSize, type Size } from './size.ts'

/** What a request's size or aspect ratio becomes: at most one of the two. */
export interface Shape {
  size?: Size
  aspectRatio?: string
  mapped: MappedSetting[]
}

const DEFAULT_SIDE = 1024

/** A size that was asked for and the one that is sent, in the words of the request. */
function changes(asked: Size, used: Size, reason: string, names: SettingNames): MappedSetting[] {
  if (names.size !== undefined) {
    const [wanted, sent] = [formatSize(asked), formatSize(used)]
    return wanted === sent ? [] : [{ setting: names.size, asked: wanted, used: sent, reason }]
  }
  return (['width', 'height'] as const)
    .filter((side) => used[side] !== asked[side])
    .map((side) => ({ setting: names[side] ?? side, asked: asked[side], used: used[side], reason }))
}

/** Which of the two a model takes, as far as its record tells; where it tells nothing, sizes. */
function takes({ limits, inputs }: Model): { sizes: boolean; ratios: boolean } {
  const { sizes, minSide, maxSide, sideMultiple, maxPixels, maxAspect } = limits
  const ratios =
    limits.aspectRatios !== undefined ||
    (inputOf(inputs, 'aspect_ratio') ?? inputOf(inputs, 'aspectRatio')) !== undefined
  const bounded = [sizes, minSide, maxSide, sideMultiple, maxPixels, maxAspect].some((limit) => limit !== undefined)
  return { ratios, sizes: bounded || !ratios }
}

const reasonOfRatio = (ratios: readonly string[] | undefined): string =>
  ratios ? `the model has these aspect ratios: ${ratios.join(', ')}` : 'the model takes an aspect ratio, not a size'

function fitRatio(model: Model, asked: string, setting: string): Shape {
  const ratio = parseRatio(asked)
  if (!(ratio > 0 && Number.isFinite(ratio))) {
    throw new TurnoutError('invalid_input', `${setting} must be two whole numbers such as 16:9.`, { param: setting })
  }
  const { limits } = model
  if (!takes(model).ratios) {
    const size = nearestSize(limits, sizeOf(ratio))
    const reason = limits.sizes ? reasonOfSize(limits) : 'the model takes a size, not an aspect ratio'
    return { size, mapped: [{ setting, asked, used: formatSize(size), reason }] }
  }
  const used = limits.aspectRatios ? nearestRatio(limits.aspectRatios, ratio) : asked
  if (used === undefined || used === asked) return { aspectRatio: asked, mapped: [] }
  return { aspectRatio: used, mapped: [{ setting, asked, used, reason: reasonOfRatio(limits.aspectRatios) }] }
}

function fitSize(model: Model, asked: Size, names: SettingNames): Shape {
  const { limits } = model
  if (takes(model).sizes) {
    const size = nearestSize(limits, asked)
    return { size, mapped: changes(asked, size, reasonOfSize(limits), names) }
  }
  const exact = ratioOf(asked)
  const used = nearestRatio(limits.aspectRatios ?? [exact], asked.width / asked.height) ?? exact
  const reason = reasonOfRatio(limits.aspectRatios)
  return { aspectRatio: used, mapped: [{ setting: names.size ?? 'size', asked: formatSize(asked), used, reason }] }
}

/**
 * The size or the aspect ratio that is sent: the nearest that the model has,
 * and whatever differs from what was asked for is reported.
 *
 * @throws TurnoutError invalid_input
 */
export function fitShape(
  model: Model,
  request: Pick<ImageRequest, 'width' | 'height' | 'aspectRatio'>,
  names: SettingNames,
): Shape {
  const { width, height, aspectRatio } = request
  const sized = width !== undefined || height !== undefined
  if (aspectRatio !== undefined) {
    const setting = names.aspectRatio ?? 'aspectRatio'
    if (sized) {
      throw new TurnoutError('invalid_input', `${setting} cannot be combined with a size: send one of them.`, {
        param: setting,
      })
    }
    return fitRatio(model, aspectRatio, setting)
  }
  if (!sized) return { mapped: [] }
  return fitSize(model, { width: width ?? height ?? DEFAULT_SIDE, height: height ?? width ?? DEFAULT_SIDE }, names)
}
