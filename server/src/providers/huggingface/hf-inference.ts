import type { Connection, TransportResponse } from '../../core/adapter.ts'
import type { ImageCall, Media, MediaOutcome } from '../../core/media.ts'
import { defined } from '../../lib/objects.ts'
import { asPath } from '../fal/path.ts'
import { json, readObject } from '../shared/exchange.ts'
import { invalidOutput } from '../shared/failure.ts'
import { inlineOf, leftOut, type MediaSetting, mediaTypeOfHeader, requireAtMost, warnOfCount } from '../shared/media.ts'
import { readImages } from './images.ts'
import type { Served } from './mapping.ts'
import { routed } from './router.ts'
import type { Route } from './routes.ts'

const SAMPLING: readonly MediaSetting[] = ['size', 'negativePrompt', 'guidanceScale', 'steps']

/**
 * The body of the tasks text-to-image and image-to-image.
 * Source: Hugging Face's task schemas (huggingface.js, packages/tasks).
 */
function requestOf(call: ImageCall, provider: string): { body: unknown; warnings: string[] } {
  const { prompt, size, defaults, inputs } = call
  const pictures = call.pictures ?? []
  requireAtMost(pictures, 1, provider)
  const [picture] = pictures
  const derived = {
    guidance_scale: call.guidanceScale,
    negative_prompt: call.negativePrompt,
    num_inference_steps: call.steps,
    ...(picture ? { prompt, target_size: size } : { ...size, seed: call.seed }),
  }
  const warnings = leftOut(call, [...SAMPLING, picture ? 'pictures' : 'seed'])
  warnOfCount(call, warnings)
  return {
    body: {
      inputs: picture ? inlineOf(picture, provider).base64 : prompt,
      parameters: { ...defaults, ...defined(derived), ...inputs },
    },
    warnings,
  }
}

/** The picture itself, as it comes; some models answer with JSON instead. */
async function readMedia(response: TransportResponse, provider: string): Promise<Media[]> {
  const type = response.headers['content-type']
  const mediaType = mediaTypeOfHeader(type)
  if (mediaType !== undefined) return [{ body: response.body, mediaType }]
  if (type?.startsWith('application/json')) return readImages(await readObject(response, provider), response, provider)
  for await (const _ of response.body) break
  throw invalidOutput(provider, `answered ${type ?? 'bytes of no stated kind'} instead of a picture`, response, false)
}

async function image(call: ImageCall, { model }: Served, connection: Connection): Promise<MediaOutcome> {
  const { body, warnings } = requestOf(call, connection.provider)
  const response = await routed(`hf-inference/models/${asPath(model)}`, json(body, {}), connection)
  const media = await readMedia(response, connection.provider)
  return {
    status: 'done',
    media,
    usage: { images: media.length },
    warnings,
    upstreamRequestId: response.headers['x-request-id'],
  }
}

/** Hugging Face's own machines. */
export const hfInference: Route = { tasks: ['text-to-image', 'image-to-image'], image }
