import { TurnoutError } from '../../core/error.ts'
import type { VideoCall } from '../../core/media.ts'
import { defined } from '../../lib/objects.ts'
import { aspectRatioOf, leftOut, type MediaSetting, requireAtMost, urlOrBase64 } from '../shared/media.ts'
import type { BflRequest } from './image-request.ts'

/**
 * FLUX.3 video. Its schema is strict: a field of another mode is refused.
 * Source: docs.bfl.ai (FLUX.3), read November 2026.
 */
const RATIOS = ['21:9', '2:1', '16:9', '4:3', '1:1', '3:4', '9:16']
const RESOLUTIONS: ReadonlyMap<string | undefined, string> = new Map([
  ['hd', 'hd'],
  ['720p', 'hd'],
  ['fhd', 'fhd'],
  ['1080p', 'fhd'],
])
const SECONDS = { min: 5, max: 20 }
const MAX_KEYFRAMES = 10

const TAKEN: readonly MediaSetting[] = [
  ...(['size', 'aspectRatio', 'pictures', 'seconds', 'resolution', 'audio', 'lastFrame'] as const),
  // It always has 24 frames per second, which is told below where another number is asked for.
  'framesPerSecond',
]

/** The pictures to pass through; the last one ends the video where two or more are given. */
function keyframes(call: VideoCall, provider: string): string[] {
  const frames = [...(call.pictures ?? []), ...(call.lastFrame ? [call.lastFrame] : [])]
  requireAtMost(frames, MAX_KEYFRAMES, provider)
  if (call.lastFrame && frames.length === 1) {
    throw new TurnoutError('invalid_input', 'The model takes a last frame only beside a first one.', {
      provider,
      param: 'lastFrame',
    })
  }
  return frames.map(urlOrBase64)
}

function duration(seconds: number | undefined, warnings: string[]): number | undefined {
  if (seconds === undefined) return undefined
  const whole = Math.min(SECONDS.max, Math.max(SECONDS.min, Math.round(seconds)))
  if (whole !== seconds)
    warnings.push(`Videos last ${SECONDS.min} to ${SECONDS.max} whole seconds: ${seconds} became ${whole}.`)
  return whole
}

function shape(call: VideoCall, warnings: string[]): Record<string, unknown> {
  const resolution = RESOLUTIONS.get(call.resolution?.toLowerCase())
  if (call.resolution !== undefined && resolution === undefined) {
    warnings.push(`The model has the resolutions 720p and 1080p; ${call.resolution} was left out.`)
  }
  if (call.aspectRatio !== undefined || call.size === undefined) return { aspect_ratio: call.aspectRatio, resolution }
  const { aspectRatio, warning } = aspectRatioOf(call.size, RATIOS)
  warnings.push(warning)
  const bySize = Math.min(call.size.width, call.size.height) >= 1080 ? 'fhd' : 'hd'
  return { aspect_ratio: aspectRatio, resolution: resolution ?? bySize }
}

/** What the fields of the call make of it, unless it names its mode. */
function modeOf(inputs: Readonly<Record<string, unknown>>, frames: readonly string[]): unknown {
  if (inputs.mode !== undefined) return inputs.mode
  if (inputs.draft_cache !== undefined) return 'draft_enhance'
  if (inputs.start_video !== undefined) return 'v2v'
  return frames.length > 0 || inputs.keyframes !== undefined ? 'i2v' : 't2v'
}

/** @throws TurnoutError invalid_input */
export function videoRequest(call: VideoCall, provider: string): BflRequest {
  const endpoint = call.model.toLowerCase().replace(/^(bfl|black-forest-labs)\//, '')
  const inputs = call.inputs ?? {}
  const frames = keyframes(call, provider)
  const mode = modeOf(inputs, frames)
  if (mode === 'draft_enhance') {
    const warnings = ['A draft is finished as it was begun; every other setting of the request was left out.']
    return { endpoint, body: { ...inputs, mode }, warnings }
  }
  const warnings = leftOut(call, TAKEN)
  if (call.framesPerSecond !== undefined && call.framesPerSecond !== 24) {
    warnings.push(`The model makes 24 frames per second; ${call.framesPerSecond} was left out.`)
  }
  const derived = {
    mode,
    prompt: call.prompt,
    ...shape(call, warnings),
    duration: duration(call.seconds, warnings),
    generate_audio: call.audio,
    // One picture is the frame that it opens with.
    keyframes: frames.length > 1 ? frames : frames[0],
  }
  return { endpoint, body: { ...call.defaults, ...defined(derived), ...inputs }, warnings }
}
