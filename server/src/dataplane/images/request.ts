import { type ImageEditsRequest, ImageExtras, type ImagesRequest, type Model } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { ImageRequest, SettingNames } from '../../core/image/request.ts'
import { parseSize } from '../../core/image/size.ts'
import { check } from '../../core/input.ts'
import { fromText, furtherInputs } from '../../gateway/media/further.ts'

type Body = ImagesRequest | ImageEditsRequest

/** What OpenAI's dialect calls the settings of the core. */
export const OPENAI_NAMES: SettingNames = {
  negativePrompt: 'negative_prompt',
  guidanceScale: 'guidance_scale',
  aspectRatio: 'aspect_ratio',
  outputFormat: 'output_format',
  pictures: 'images',
  count: 'n',
  size: 'size',
  // Its own words stand among the others.
  inputs: '',
}

/** Fields of OpenAI's that are read elsewhere or have a setting of the core. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'style',
  'background',
  'output_format',
  'response_format',
  'stream',
  'user',
  'image',
  'image[]',
  'images',
  'mask',
  ...Object.keys(ImageExtras.shape),
])

/** Values that ask for nothing in particular. */
const isNothing = (name: string, value: unknown): boolean =>
  value === undefined || value === null || value === 'auto' || (name === 'partial_images' && value === 0)

const EXTRA_TYPES: Readonly<Record<keyof ImageExtras, string>> = {
  negative_prompt: 'string',
  seed: 'integer',
  guidance_scale: 'number',
  steps: 'integer',
  num_inference_steps: 'integer',
  aspect_ratio: 'string',
  strength: 'number',
  loras: 'array',
}

function extrasOf(raw: Readonly<Record<string, unknown>>, isForm: boolean): ImageExtras {
  const given = Object.entries(EXTRA_TYPES)
    .filter(([name]) => raw[name] !== undefined)
    .map(([name, type]) => [name, isForm ? fromText(raw[name], type) : raw[name]])
  return check(ImageExtras.partial(), Object.fromEntries(given)) as ImageExtras
}

/** The fields that are no settings of the core: whether they are anything, the model decides. */
export function furtherFields(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(raw).filter(([name, value]) => !READ.has(name) && !isNothing(name, value)))
}

/**
 * What a request of OpenAI's dialect says, whoever the model is.
 *
 * @param raw Its fields as they came, with those that the dialect does not have.
 * @throws TurnoutError invalid_input
 */
export function imageWish(
  body: Body,
  raw: Readonly<Record<string, unknown>>,
  pictures: Pick<ImageRequest, 'pictures' | 'mask'>,
  isForm: boolean,
): ImageRequest {
  const extras = extrasOf(raw, isForm)
  const size = !body.size || body.size === 'auto' ? undefined : parseSize(body.size)
  return {
    prompt: body.prompt,
    negativePrompt: extras.negative_prompt ?? undefined,
    width: size?.width,
    height: size?.height,
    aspectRatio: extras.aspect_ratio ?? undefined,
    guidanceScale: extras.guidance_scale ?? undefined,
    steps: extras.steps ?? extras.num_inference_steps ?? undefined,
    count: body.n ?? 1,
    seed: extras.seed ?? undefined,
    strength: extras.strength ?? undefined,
    loras: extras.loras ?? undefined,
    style: body.style ?? undefined,
    quality: body.quality ?? undefined,
    background: body.background ?? undefined,
    outputFormat: body.output_format ?? undefined,
    ...pictures,
  }
}

/**
 * A request of OpenAI's dialect, for a model whose provider does not speak it.
 *
 * @throws TurnoutError invalid_input, capability_missing
 */
export function imageRequest(
  body: Body,
  raw: Readonly<Record<string, unknown>>,
  model: Model,
  pictures: Pick<ImageRequest, 'pictures' | 'mask'>,
  isForm = false,
): ImageRequest {
  if (body.stream) {
    throw new TurnoutError('capability_missing', `Model ${model.id} does not stream its pictures.`, { param: 'stream' })
  }
  const wish = imageWish(body, raw, pictures, isForm)
  const inputs = furtherInputs(furtherFields(raw), model, isForm)
  return { ...wish, ...(Object.keys(inputs).length > 0 && { inputs }) }
}
