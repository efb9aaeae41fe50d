import type { Fate } from '../faults.ts'
import { AT_ONCE, LINKED } from '../media/answers.ts'
import { picture } from '../picture/plain.ts'
import { Refusal } from '../refusal.ts'
import { checkShape, type Shape, type Shapes } from '../shape.ts'
import type { Answer, Call, JsonObject, RawBody, World } from '../types.ts'
import { hubError, notSupported } from './errors.ts'
import { IMAGE_PROVIDERS, MODELS } from './models.ts'

const TEXT: Shape = { is: 'string' }
const NUMBER: Shape = { is: 'number' }
const SIDE: Shape = { is: 'integer', min: 64, max: 2048 }
const STEPS: Shape = { is: 'integer', min: 1, max: 100 }

/** What OpenAI-like image endpoints behind the router take together; Together says `steps` and `base64`. */
const FIELDS: Shapes = {
  prompt: { is: 'string', required: true, min: 1 },
  model: { is: 'string', required: true },
  n: { is: 'integer', min: 1, max: 4 },
  size: { is: 'string', pattern: /^\d+x\d+$/ },
  width: SIDE,
  height: SIDE,
  steps: STEPS,
  num_inference_steps: STEPS,
  guidance_scale: NUMBER,
  negative_prompt: TEXT,
  seed: { is: 'integer' },
  response_format: { is: 'string', values: ['b64_json', 'base64', 'url'] },
}

function sizeOf({ size, width = 1024, height = 1024 }: { size?: string; width?: number; height?: number }): number[] {
  return size === undefined ? [width, height] : size.split('x').map(Number)
}

/** `POST /{provider}/v1/images/generations` */
export function generate({ params, json = {}, origin }: Call, world: World): Answer {
  const { provider = '' } = params
  if (!IMAGE_PROVIDERS.includes(provider)) throw hubError(404, 'Not Found')
  checkShape(FIELDS, json)
  const { model, prompt, n: count = 1 } = json as { model: string; prompt: string; n?: number }
  const serves = Object.values(MODELS).some((mapping) => {
    const mapped = Object.hasOwn(mapping, provider) ? mapping[provider] : undefined
    return mapped?.providerId === model && mapped.task === 'text-to-image'
  })
  if (!serves && !world.moreModels.includes(model)) throw notSupported(model)
  const [width = 1024, height = 1024] = sizeOf(json)
  const make = async (number: number, fate: Fate | undefined): Promise<JsonObject> => {
    const draw = (): Promise<RawBody> => picture({ prompt, model, width, height, format: 'jpeg', number })
    if (json.response_format === 'url') return { index: number, url: world.files.publish(origin, 'jpeg', draw, fate) }
    return { index: number, b64_json: (await draw()).data.toString('base64') }
  }
  return {
    ...AT_ONCE,
    model,
    charge: { model, images: count },
    fates: LINKED,
    firstDelayMs: world.delays.imageDelayMs,
    body: async (fate) => {
      if (fate?.kind === 'moderated') {
        const message = 'NSFW content detected in the prompt, try again with a different prompt.'
        throw new Refusal(422, message, { error: { message, type: 'invalid_request_error', code: 'nsfw_content' } })
      }
      const data = await Promise.all(Array.from({ length: count }, (_, number) => make(number, fate)))
      return { created: Math.floor(Date.now() / 1000), model, object: 'list', data }
    },
  }
}
