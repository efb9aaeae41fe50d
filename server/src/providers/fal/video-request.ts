import type { VideoCall } from '../../core/media.ts'
import { leftOut, type MediaSetting, urlOf } from '../shared/media.ts'
import { bodyOf, type FalRequest, pictureFields } from './request.ts'
import { namedSize, ratioOf } from './shape.ts'
import { type VideoEndpoint, videoEndpoint } from './video-endpoints.ts'

const RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']

export interface FalVideoRequest extends FalRequest {
  /** How long the video will be, where the request says so. */
  seconds: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** A duration in the endpoint's own words, most of which have whole seconds. */
function durationFields(
  { duration }: VideoEndpoint,
  { seconds, framesPerSecond }: VideoCall,
  warnings: string[],
): Fields {
  if (seconds === undefined || duration === undefined) return {}
  // The first frame begins a video and lasts no time of its own.
  if (typeof duration === 'object')
    return { num_frames: Math.round(seconds * (framesPerSecond ?? duration.frames)) + 1 }
  const whole = Math.round(seconds)
  if (whole !== seconds) warnings.push(`Videos last whole seconds: ${seconds} became ${whole}.`)
  return { duration: duration === 5 ? whole : duration === '5s' ? `${whole}s` : String(whole) }
}

function secondsOf(body: Fields, { duration, framesPerSecond }: VideoEndpoint): number | undefined {
  if (typeof duration === 'object') {
    const rate = (framesPerSecond && body[framesPerSecond]) ?? duration.frames
    return typeof body.num_frames === 'number' && typeof rate === 'number' ? (body.num_frames - 1) / rate : undefined
  }
  const seconds = Number.parseFloat(String(body.duration))
  return Number.isFinite(seconds) ? seconds : undefined
}

function shapeFields({ shape }: VideoEndpoint, call: VideoCall, warnings: string[]): Fields {
  if (shape === undefined) return {}
  return shape === 'video_size'
    ? { video_size: namedSize(call, warnings) }
    : { aspect_ratio: ratioOf(call, RATIOS, warnings) }
}

function takenBy({ shape, lastFrame, duration, framesPerSecond, audio, takes }: VideoEndpoint): MediaSetting[] {
  return [
    'pictures',
    ...takes,
    ...(shape ? (['size', 'aspectRatio'] as const) : []),
    ...(lastFrame ? (['lastFrame'] as const) : []),
    ...(duration ? (['seconds'] as const) : []),
    ...(framesPerSecond ? (['framesPerSecond'] as const) : []),
    ...(audio ? (['audio'] as const) : []),
  ]
}

/** @throws TurnoutError invalid_input, capability_missing */
export function videoRequest(call: VideoCall, provider: string): FalVideoRequest {
  const endpoint = videoEndpoint(call.model)
  const { lastFrame, framesPerSecond, audio, takes } = endpoint
  const warnings = leftOut(call, takenBy(endpoint))
  const taken = <Value>(setting: MediaSetting, value: Value): Value | undefined =>
    takes.includes(setting) ? value : undefined
  const derived = {
    prompt: call.prompt,
    negative_prompt: taken('negativePrompt', call.negativePrompt),
    ...shapeFields(endpoint, call, warnings),
    ...durationFields(endpoint, call, warnings),
    resolution: taken('resolution', call.resolution),
    seed: taken('seed', call.seed),
    ...pictureFields(call.pictures, endpoint.pictures, call.model, provider),
    ...(lastFrame && call.lastFrame && { [lastFrame]: urlOf(call.lastFrame) }),
    ...(framesPerSecond && { [framesPerSecond]: call.framesPerSecond }),
    ...(audio && { [audio]: call.audio }),
  }
  const body = bodyOf(call, derived)
  return { body, warnings, seconds: secondsOf(body, endpoint) }
}
