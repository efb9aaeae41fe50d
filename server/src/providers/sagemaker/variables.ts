import { sizeOf } from '../../core/image/ratio.ts'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { inlineOf, leftOut, type MediaSetting, type Size, shapeOf, urlOf } from '../shared/media.ts'
import { type Variables, variablesOf } from './template.ts'

type Call = ImageCall | VideoCall

/** Which variables of a template stand for which setting of a call. */
const STAND_FOR: Readonly<Record<MediaSetting, readonly string[]>> = {
  negativePrompt: ['negativePrompt'],
  size: ['size', 'width', 'height'],
  aspectRatio: ['aspectRatio', 'size', 'width', 'height'],
  seed: ['seed'],
  pictures: ['picture', 'pictureUrl', 'pictures', 'pictureUrls'],
  guidanceScale: ['guidanceScale'],
  steps: ['steps'],
  strength: ['strength'],
  mask: ['mask'],
  loras: ['loras'],
  style: ['style'],
  quality: ['quality'],
  background: ['background'],
  outputFormat: ['outputFormat'],
  seconds: ['seconds', 'frames'],
  framesPerSecond: ['fps', 'frames'],
  resolution: ['resolution', 'size', 'width', 'height'],
  audio: ['audio'],
  lastFrame: ['lastFrame'],
}

const isVideo = (call: Call): call is VideoCall => !('count' in call)

/** The short side of a video where nothing is said of it, and the grid of the long one. */
const SHORT_SIDE = 480
const STEP = 32

/** Such as 832x480 for 16:9 at 480p. */
function videoSize(ratio: number, resolution: string | undefined): Size {
  const short = Number(/^(\d+)p$/.exec(resolution ?? '')?.[1] ?? (resolution === '4k' ? 2160 : SHORT_SIDE))
  const long = Math.floor((short * Math.max(ratio, 1 / ratio)) / STEP) * STEP
  return ratio >= 1 ? { width: Math.max(long, short), height: short } : { width: short, height: Math.max(long, short) }
}

/** The size for a container that knows no aspect ratios. */
function sizeFor(call: Call, takesRatio: boolean, warnings: string[]): Size | undefined {
  if (call.size !== undefined) return call.size
  const resolution = isVideo(call) ? call.resolution : undefined
  const asked = [takesRatio ? undefined : call.aspectRatio, resolution].filter((each) => each !== undefined)
  if (asked.length === 0) return undefined
  const ratio = shapeOf(call.aspectRatio ?? '16:9')
  if (!(ratio > 0 && Number.isFinite(ratio))) return undefined
  const size = isVideo(call) ? videoSize(ratio, resolution) : sizeOf(ratio)
  const what = resolution === undefined ? 'an aspect ratio' : 'a resolution'
  warnings.push(`The model takes a size instead of ${what}: ${asked.join(' at ')} became ${size.width}x${size.height}.`)
  return size
}

/** The values for a template, and the sentences for what it has no place for. */
export function variablesFor(
  call: Call,
  template: unknown,
  provider: string,
): { variables: Variables; warnings: string[] } {
  const named = variablesOf(template)
  const taken = (Object.keys(STAND_FOR) as MediaSetting[]).filter((setting) =>
    STAND_FOR[setting].some((variable) => named.has(variable)),
  )
  const warnings = leftOut(call as Partial<Record<MediaSetting, unknown>>, taken)
  if (!isVideo(call) && call.count > 1 && !named.has('count'))
    warnings.push(`The model makes one picture per call; ${call.count} were asked for.`)
  const takesSize = ['size', 'width', 'height'].some((variable) => named.has(variable))
  const size = takesSize ? sizeFor(call, named.has('aspectRatio'), warnings) : undefined
  const pictures = taken.includes('pictures') ? (call.pictures ?? []).map((each) => inlineOf(each, provider)) : []
  const isOne = !named.has('pictures') && !named.has('pictureUrls')
  if (isOne && pictures.length > 1)
    warnings.push(`The model takes one picture; the other ${pictures.length - 1} were left out (pictures).`)
  const common = {
    ...call.defaults,
    ...call.inputs,
    prompt: call.prompt,
    negativePrompt: call.negativePrompt,
    aspectRatio: call.aspectRatio,
    width: size?.width,
    height: size?.height,
    size: size && `${size.width}x${size.height}`,
    seed: call.seed,
    picture: pictures[0]?.base64,
    pictureUrl: pictures[0] && urlOf(pictures[0]),
    pictures: pictures.length === 0 ? undefined : pictures.map(({ base64 }) => base64),
    pictureUrls: pictures.length === 0 ? undefined : pictures.map(urlOf),
  }
  return { variables: { ...common, ...(isVideo(call) ? ofVideo(call, provider) : ofImage(call, provider)) }, warnings }
}

function ofImage(call: ImageCall, provider: string): Variables {
  const { count, guidanceScale, steps, strength, mask, loras, style, quality, background, outputFormat } = call
  const inlineMask = mask && inlineOf(mask, provider).base64
  return { count, guidanceScale, steps, strength, mask: inlineMask, loras, style, quality, background, outputFormat }
}

function ofVideo(call: VideoCall, provider: string): Variables {
  const { seconds, framesPerSecond: fps, resolution, audio, lastFrame } = call
  const frames = seconds !== undefined && fps !== undefined ? Math.round(seconds * fps) : undefined
  return { seconds, fps, frames, resolution, audio, lastFrame: lastFrame && inlineOf(lastFrame, provider).base64 }
}
