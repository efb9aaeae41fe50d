import { AT_ONCE } from '../media/answers.ts'
import { readSource } from '../media/inputs.ts'
import { picture } from '../picture/plain.ts'
import { checkShape, type Shape, type Shapes } from '../shape.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { hubError } from './errors.ts'
import { mappingOf } from './models.ts'

const TEXT: Shape = { is: 'string' }
const NUMBER: Shape = { is: 'number' }
const COUNT: Shape = { is: 'integer', min: 1 }
const SIDE: Shape = { is: 'integer', min: 64, max: 2048 }

/** Source: @huggingface/tasks, schemas of text-to-image and image-to-image. */
const TEXT_TO_IMAGE: Shapes = {
  guidance_scale: NUMBER,
  negative_prompt: TEXT,
  num_inference_steps: COUNT,
  width: SIDE,
  height: SIDE,
  scheduler: TEXT,
  seed: { is: 'integer' },
}

const IMAGE_TO_IMAGE: Shapes = {
  prompt: TEXT,
  guidance_scale: NUMBER,
  negative_prompt: TEXT,
  num_inference_steps: COUNT,
  target_size: {
    is: 'object',
    fields: { width: { ...SIDE, required: true } as Shape, height: { ...SIDE, required: true } as Shape },
  },
}

const body = (parameters: Shapes): Shapes => ({
  inputs: { is: 'string', required: true, min: 1 },
  parameters: { is: 'object', fields: parameters },
})

/** `POST /hf-inference/models/{id}`: the bytes of one picture. */
export function infer({ params, json = {}, headers }: Call, world: World): Answer {
  const { id = '' } = params
  const served = mappingOf(id)?.['hf-inference']
  if (!served && !world.moreModels.includes(id)) {
    throw hubError(404, `Model ${id} is not supported by provider hf-inference.`)
  }
  const { inputs, parameters = {} } = json as { inputs?: string; parameters?: JsonObject }
  const source = typeof inputs === 'string' ? readSource(inputs, ['base64']) : undefined
  checkShape(body(source ? IMAGE_TO_IMAGE : TEXT_TO_IMAGE), json)
  const target = parameters.target_size as { width: number; height: number } | undefined
  const { width = source?.width ?? 1024, height = source?.height ?? 1024 } =
    target ?? (parameters as { width?: number; height?: number })
  const format = headers.accept === 'image/png' ? 'png' : 'jpeg'
  const prompt = source ? ((parameters.prompt as string | undefined) ?? id) : (inputs as string)
  return {
    ...AT_ONCE,
    model: id,
    charge: { model: id, images: 1 },
    fates: ['moderated'],
    firstDelayMs: world.delays.imageDelayMs,
    body: (fate) => {
      if (fate) throw hubError(400, 'The generated content was flagged by the safety checker.')
      return picture({ prompt, model: id, width, height, format, backdrop: source?.data })
    },
  }
}
