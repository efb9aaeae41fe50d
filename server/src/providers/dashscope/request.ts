import type { ImageCall, VideoCall } from '../../core/media.ts'
import { defined } from '../../lib/objects.ts'
import { leftOut, nearestShape, requireAtMost, seedWithin, shapeOf, urlOf } from '../shared/media.ts'

const MAX_SEED = 2_147_483_647

export interface DashscopeRequest {
  /** Below the host. */
  path: string
  /** The work is done later: the answer is the id of a task. */
  async: boolean
  body: Readonly<Record<string, unknown>>
  warnings: string[]
}

/** What goes into `input`; everything else that a user sets is a parameter. */
const INPUT_FIELDS: ReadonlySet<string> = new Set([
  'prompt',
  'negative_prompt',
  'img_url',
  'first_frame_url',
  'last_frame_url',
  'audio_url',
  'ref_images_url',
  'function',
  'mask_image_url',
  'base_image_url',
])

type Fields = Readonly<Record<string, unknown>>

/** The provider's own fields, each where it belongs: those of the model's record under those of the call. */
function ownFields({ defaults, inputs }: Pick<ImageCall, 'defaults' | 'inputs'>): {
  defaults: [Fields, Fields]
  inputs: [Fields, Fields]
} {
  const split = (fields: Fields = {}): [Fields, Fields] => {
    const entries = Object.entries(fields)
    return [
      Object.fromEntries(entries.filter(([name]) => INPUT_FIELDS.has(name))),
      Object.fromEntries(entries.filter(([name]) => !INPUT_FIELDS.has(name))),
    ]
  }
  return { defaults: split(defaults), inputs: split(inputs) }
}

const DEFAULT_PIXELS = 1024 * 1024
/** Sides are rounded to this; every model takes multiples of it. */
const GRID = 16

/** `WIDTH*HEIGHT`, as DashScope writes sizes; a shape alone becomes about a megapixel. */
function sizeOf(
  { size, aspectRatio }: Pick<ImageCall, 'size' | 'aspectRatio'>,
  warnings: string[],
): string | undefined {
  if (size) return `${size.width}*${size.height}`
  const shape = aspectRatio === undefined ? Number.NaN : shapeOf(aspectRatio)
  if (Number.isNaN(shape)) return undefined
  const side = (length: number) => Math.round(length / GRID) * GRID
  const sent = `${side(Math.sqrt(DEFAULT_PIXELS * shape))}*${side(Math.sqrt(DEFAULT_PIXELS / shape))}`
  warnings.push(`The model takes a size instead of an aspect ratio: ${aspectRatio} became ${sent.replace('*', 'x')}.`)
  return sent
}

/** The first image models have an endpoint of their own, which only takes tasks. */
const TASK_ONLY = /^(qwen-image(-plus)?|wanx?2\.[0-5]-t2i.*|wanx.*-t2i.*)$/

/**
 * A picture by DashScope's own API.
 * Source: Model Studio's references of Qwen-Image and of Wan image generation, read November 2026.
 */
export function imageRequest(call: ImageCall): DashscopeRequest {
  const pictures = call.pictures ?? []
  const taskOnly = TASK_ONLY.test(call.model) && pictures.length === 0
  const warnings = leftOut(call, [
    'negativePrompt',
    'size',
    'aspectRatio',
    'seed',
    ...(taskOnly ? [] : (['pictures'] as const)),
  ])
  const own = ownFields(call)
  const parameters = {
    ...own.defaults[1],
    ...defined({
      size: sizeOf(call, warnings),
      n: call.count,
      negative_prompt: taskOnly ? undefined : call.negativePrompt,
      seed: seedWithin(call.seed, MAX_SEED, warnings),
    }),
    ...own.inputs[1],
  }
  if (taskOnly) {
    const input = {
      ...own.defaults[0],
      ...defined({ prompt: call.prompt, negative_prompt: call.negativePrompt }),
      ...own.inputs[0],
    }
    const path = '/api/v1/services/aigc/text2image/image-synthesis'
    return { path, async: true, body: { model: call.model, input, parameters }, warnings }
  }
  const content = [...pictures.map((picture) => ({ image: urlOf(picture) })), { text: call.prompt }]
  const input = { ...own.defaults[0], ...own.inputs[0], messages: [{ role: 'user', content }] }
  const path = '/api/v1/services/aigc/multimodal-generation/generation'
  return { path, async: false, body: { model: call.model, input, parameters }, warnings }
}

/** Sizes that Wan takes, by their resolution class. */
const VIDEO_SIZES: Readonly<Record<string, readonly string[]>> = {
  '480P': ['832*480', '480*832', '624*624'],
  '720P': ['1280*720', '720*1280', '960*960', '1088*832', '832*1088'],
  '1080P': ['1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632'],
}

const shapeOfSize = (size: string): number => shapeOf(size.replace('*', ':'))

/** From text a video has a size; where its shape is told otherwise, or is that of a picture, only its class is chosen. */
function videoSize(call: VideoCall, isShaped: boolean, warnings: string[]): Fields {
  const wanted = call.resolution?.toUpperCase().replace(/^(\d+)$/, '$1P')
  if (wanted !== undefined && !Object.hasOwn(VIDEO_SIZES, wanted)) {
    warnings.push(
      `The model has the resolutions ${Object.keys(VIDEO_SIZES).join(', ')}; ${call.resolution} was left out.`,
    )
  }
  const resolution = wanted !== undefined && Object.hasOwn(VIDEO_SIZES, wanted) ? wanted : undefined
  if (isShaped) return defined({ resolution })
  if (call.size) return { size: `${call.size.width}*${call.size.height}` }
  if (resolution === undefined && call.aspectRatio === undefined) return {}
  const shape = call.aspectRatio === undefined ? 16 / 9 : shapeOf(call.aspectRatio)
  return { size: nearestShape(shape, VIDEO_SIZES[resolution ?? '720P']!, shapeOfSize) }
}

/** The ratios that Wan takes since 2.7, instead of a size. */
const VIDEO_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4']

/** Whether a model takes its pictures as a list and its shape as a ratio beside the resolution. */
const isSince27 = (model: string): boolean => {
  const [, major, minor] = /^wan(\d)\.(\d)/.exec(model) ?? []
  return Number(major) > 2 || (major === '2' && Number(minor) >= 7)
}

/** Where the shape is not that of a picture, it is the nearest ratio that the model has. */
function videoRatio({ aspectRatio, size }: VideoCall, warnings: string[]): string | undefined {
  const shape = aspectRatio === undefined ? (size?.width ?? Number.NaN) / (size?.height ?? 1) : shapeOf(aspectRatio)
  if (Number.isNaN(shape)) return undefined
  const ratio = nearestShape(shape, VIDEO_RATIOS, shapeOf)
  const asked = aspectRatio ?? `${size?.width}x${size?.height}`
  if (ratio !== asked)
    warnings.push(`The model takes one of ${VIDEO_RATIOS.length} aspect ratios: ${asked} became ${ratio}.`)
  return ratio
}

/** The pictures of a call as Wan has them since 2.7. */
function mediaOf({ pictures = [], lastFrame }: VideoCall): Fields[] | undefined {
  const media = pictures.map((picture): Fields => ({ type: 'first_frame', url: urlOf(picture) }))
  if (lastFrame) media.push({ type: 'last_frame', url: urlOf(lastFrame) })
  return media.length === 0 ? undefined : media
}

/**
 * A video by DashScope's own API, always as a task.
 * Source: Model Studio's references of Wan video generation, read November
 * 2026; for Wan 2.7 the public code of those who call it.
 */
export function videoRequest(call: VideoCall, provider: string): DashscopeRequest {
  const pictures = call.pictures ?? []
  requireAtMost(pictures, 1, provider)
  const fromPicture = pictures.length > 0
  const isNewer = isSince27(call.model)
  const hasLast = fromPicture && call.lastFrame !== undefined
  const betweenFrames = hasLast && !isNewer
  const warnings = leftOut(call, [
    'negativePrompt',
    'seed',
    'resolution',
    'seconds',
    'audio',
    'pictures',
    ...(hasLast ? (['lastFrame'] as const) : []),
    ...(fromPicture ? [] : (['size', 'aspectRatio'] as const)),
  ])
  const own = ownFields(call)
  const first = !isNewer && pictures[0] ? urlOf(pictures[0]) : undefined
  const taken = hasLast ? call : { ...call, lastFrame: undefined }
  return {
    path: betweenFrames
      ? '/api/v1/services/aigc/image2video/video-synthesis'
      : '/api/v1/services/aigc/video-generation/video-synthesis',
    async: true,
    body: {
      model: call.model,
      input: {
        ...own.defaults[0],
        ...defined({
          prompt: call.prompt,
          negative_prompt: call.negativePrompt,
          [betweenFrames ? 'first_frame_url' : 'img_url']: first,
          last_frame_url: betweenFrames && call.lastFrame ? urlOf(call.lastFrame) : undefined,
          media: isNewer ? mediaOf(taken) : undefined,
        }),
        ...own.inputs[0],
      },
      parameters: {
        ...own.defaults[1],
        ...videoSize(call, fromPicture || isNewer, warnings),
        ...defined({
          ratio: isNewer && !fromPicture ? videoRatio(call, warnings) : undefined,
          duration: call.seconds,
          audio: call.audio,
          seed: seedWithin(call.seed, MAX_SEED, warnings),
        }),
        ...own.inputs[1],
      },
    },
    warnings,
  }
}
