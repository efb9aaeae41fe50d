import { type ImageEditsRequest, ImageExtras, type ImagesRequest, type Model } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { inputOf } from '../../core/image/inputs.ts'
import type { ImageRequest, SettingNames } from '../../core/image/request.ts'
import { parseSize } from '../../core/image/size.ts'
import { check, type InputProblem, refuse } from '../../core/input.ts'

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

/** The field of a form as its schema wants it: forms know only text. */
function fromText(value: unknown, type: unknown): unknown {
  if (typeof value !== 'string') return value
  if (type === 'integer' || type === 'number') return value.trim() === '' ? value : Number(value)
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  if (type === 'object' || type === 'array') {
    try {
      return JSON.parse(value)
    } catch {
      return value
    }
  }
  return value
}

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

/** The fields that belong to the model alone. @throws TurnoutError invalid_input with all that it does not know */
function inputsOf(raw: Readonly<Record<string, unknown>>, model: Model, isForm: boolean): Record<string, unknown> {
  const inputs: Record<string, unknown> = {}
  const problems: InputProblem[] = []
  for (const name of Object.keys(raw)) {
    if (READ.has(name) || isNothing(name, raw[name])) continue
    const schema = inputOf(model.inputs, name)
    if (schema !== undefined) inputs[name] = isForm ? fromText(raw[name], schema.type) : raw[name]
    else {
      const known = Object.keys((model.inputs?.properties as object | undefined) ?? {})
      const more = known.length > 0 ? `; it knows ${known.join(', ')}` : ''
      problems.push({ path: name, message: `is not known to model ${model.id}${more}` })
    }
  }
  if (problems.length > 0) throw refuse(problems)
  return inputs
}

function extrasOf(raw: Readonly<Record<string, unknown>>, isForm: boolean): ImageExtras {
  const given = Object.entries(EXTRA_TYPES)
    .filter(([name]) => raw[name] !== undefined)
    .map(([name, type]) => [name, isForm ? fromText(raw[name], type) : raw[name]])
  return check(ImageExtras.partial(), Object.fromEntries(given)) as ImageExtras
}

/**
 * A request of OpenAI's dialect, for a model whose provider does not speak it.
 *
 * @param raw Its fields as they came, with those that the dialect does not have.
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
  const extras = extrasOf(raw, isForm)
  const inputs = inputsOf(raw, model, isForm)
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
    inputs: Object.keys(inputs).length > 0 ? inputs : undefined,
    ...pictures,
  }
}
