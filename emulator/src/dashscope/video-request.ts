import { readSource } from '../media/inputs.ts'
import { checkShape } from '../shape.ts'
import type { Call, World } from '../types.ts'
import { invalid } from './errors.ts'
import { VIDEO } from './fields.ts'
import { modelNotFound } from './image-request.ts'
import { type VideoKind, videoKind } from './models.ts'

/** A request for a video that the API would accept. */
export interface WantedVideo {
  model: string
  prompt: string
  seconds: number
  size: string
}

interface Input {
  prompt?: string
  img_url?: string
  first_frame_url?: string
  last_frame_url?: string
  media?: { type: string; url: string }[]
}

function checkPicture(name: string, url: string): void {
  if (!readSource(url, ['url', 'data-url'])) throw invalid(`${name} must be a URL or a data URL of an image`)
}

/** What a kind of model needs beside its prompt, and what it refuses. */
function checkInput(kind: VideoKind, input: Input): void {
  const { img_url: picture, first_frame_url: first, last_frame_url: last, media = [] } = input
  for (const name of ['img_url', 'first_frame_url', 'last_frame_url'] as const) {
    if (input[name] !== undefined) checkPicture(`input.${name}`, input[name])
  }
  if (kind === 't2v' && (picture ?? first ?? last ?? media[0]))
    throw invalid('The model does not support input images.')
  if (kind === 't2v' && input.prompt === undefined) throw invalid('Field required: input.prompt')
  if (kind === 'i2v' && picture === undefined && media.length === 0) throw invalid('Field required: input.img_url')
  if (kind === 'kf2v' && first === undefined) throw invalid('Field required: input.first_frame_url')
}

/** @throws Problem and Refusal for everything that the API would not accept. */
export function readVideo(call: Call, world: World): WantedVideo {
  const body = call.json ?? {}
  checkShape(VIDEO, body)
  const model = body.model as string
  const kind = videoKind(model, world.moreModels)
  if (!kind) throw modelNotFound(model)
  const input = body.input as Input
  checkInput(kind, input)
  const parameters = (body.parameters ?? {}) as { size?: string; resolution?: string; duration?: number }
  const seconds = parameters.duration ?? 5
  if (/^wanx?2\.[12]/.test(model) && seconds !== 5) throw invalid('duration must be 5 for this model')
  if (/^wan2/.test(model) && seconds > 15) throw invalid('duration must be at most 15 for this model')
  const tier = parameters.resolution === '1080P' ? '1920*1080' : '1280*720'
  return { model, prompt: input.prompt ?? 'a picture comes to life', seconds, size: parameters.size ?? tier }
}
