import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaOutcome } from '../../core/media.ts'
import { defined } from '../../lib/objects.ts'
import { json, readObject } from '../shared/exchange.ts'
import { leftOut, type MediaSetting, requireAtMost, urlOf } from '../shared/media.ts'
import { readImages } from './images.ts'
import type { Served } from './mapping.ts'
import { routed } from './router.ts'
import type { Route } from './routes.ts'

type Path = 'together/v1' | 'nscale/v1' | 'deepinfra/v1/openai'

const SAMPLING: readonly MediaSetting[] = ['size', 'seed', 'negativePrompt', 'guidanceScale', 'steps']

/** Together's field for a picture depends on the model. Source: docs.together.ai, image to image, read November 2026. */
function pictureFields({ pictures = [] }: ImageCall, model: string, provider: string): Record<string, unknown> {
  if (pictures.length === 0) return {}
  if (!/flux\.1.*kontext/i.test(model)) return { reference_images: pictures.map(urlOf) }
  requireAtMost(pictures, 1, provider)
  return { image_url: urlOf(pictures[0]!) }
}

const FIELDS: Readonly<Record<Path, (call: ImageCall, model: string, provider: string) => Record<string, unknown>>> = {
  'together/v1': (call, model, provider) => ({
    ...call.size,
    steps: call.steps,
    seed: call.seed,
    guidance_scale: call.guidanceScale,
    negative_prompt: call.negativePrompt,
    ...pictureFields(call, model, provider),
    response_format: 'url',
  }),
  'nscale/v1': ({ size }) => ({ size: size && `${size.width}x${size.height}`, response_format: 'b64_json' }),
  'deepinfra/v1/openai': ({ size }) => ({ size: size && `${size.width}x${size.height}`, response_format: 'url' }),
}

/** A provider behind the router that has OpenAI's image endpoint, or one much like it. */
export function imagesApi(path: Path): Route {
  const isTogether = path === 'together/v1'
  async function image(call: ImageCall, { providerId }: Served, connection: Connection): Promise<MediaOutcome> {
    const { provider } = connection
    const derived = {
      prompt: call.prompt,
      model: providerId,
      // One is what all of them make unless they are told otherwise.
      n: call.count > 1 ? call.count : undefined,
      ...FIELDS[path](call, providerId, provider),
    }
    const body = { ...call.defaults, ...defined(derived), ...call.inputs }
    const response = await routed(`${path}/images/generations`, json(body, {}), connection)
    const media = readImages(await readObject(response, provider), response, provider)
    return {
      status: 'done',
      media,
      usage: { images: media.length },
      warnings: leftOut(call, isTogether ? [...SAMPLING, 'pictures'] : ['size']),
      upstreamRequestId: response.headers['x-request-id'],
    }
  }
  return { tasks: isTogether ? ['text-to-image', 'image-to-image'] : ['text-to-image'], image }
}
