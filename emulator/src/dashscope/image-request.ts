import { readSource, type Source } from '../media/inputs.ts'
import { checkShape } from '../shape.ts'
import type { Call, JsonObject, World } from '../types.ts'
import { invalid, nativeError } from './errors.ts'
import { MULTIMODAL, SYNTHESIS } from './fields.ts'
import { type ImageModel, imageModel } from './models.ts'

/** A request for pictures that the API would accept. */
export interface Wanted {
  model: string
  prompt: string
  count: number
  width: number
  height: number
  source: Source | undefined
}

const LEAST_AREA = 512 ** 2
const MOST_AREA = 2048 ** 2
const MOST_PICTURES = 3

/** The 403 of an endpoint that is called the other way. */
export function wrongCall(way: 'synchronous' | 'asynchronous'): Error {
  return nativeError(403, 'AccessDenied', `current user api does not support ${way} calls`)
}

export function modelNotFound(model: string): Error {
  return nativeError(404, 'ModelNotFound', `The model ${model} does not exist or you do not have access to it.`)
}

/** Whether the header asks for a task. */
export const isAsync = ({ headers }: Call): boolean => headers['x-dashscope-async'] === 'enable'

function readSize(
  model: ImageModel,
  size: string | undefined,
  source: Source | undefined,
): { width: number; height: number } {
  if (size === undefined) return source ?? (model.sizes ? { width: 1664, height: 928 } : { width: 1024, height: 1024 })
  if (model.sizes && !model.sizes.includes(size)) throw invalid(`size must be one of ${model.sizes.join(', ')}`)
  const [width = 0, height = 0] = size.split('*').map(Number)
  if (width * height < LEAST_AREA || width * height > MOST_AREA) {
    throw invalid('size must have between 512*512 and 2048*2048 pixels in total')
  }
  return { width, height }
}

function readPictures(parts: readonly JsonObject[], model: ImageModel): Source | undefined {
  const pictures = parts.filter(({ image }) => image !== undefined)
  if (model.pictures === 'none' && pictures.length > 0) throw invalid('The model does not support input images.')
  if (model.pictures === 'required' && pictures.length === 0) throw invalid('The model needs at least one input image.')
  if (pictures.length > MOST_PICTURES) throw invalid(`At most ${MOST_PICTURES} input images are supported.`)
  const sources = pictures.map(({ image }) => readSource(image as string, ['url', 'data-url']))
  if (sources.includes(undefined))
    throw nativeError(
      400,
      'InvalidParameter.DataInspection',
      'Unable to download the media resource during the data inspection process.',
    )
  return sources.at(-1)
}

/** @throws Problem and Refusal for everything that the API would not accept. */
export function readImage(call: Call, world: World, way: 'sync' | 'async'): Wanted {
  const body = call.json ?? {}
  checkShape(way === 'sync' ? MULTIMODAL : SYNTHESIS, body)
  const id = body.model as string
  const model = imageModel(id, world.moreModels)
  if (!model) throw modelNotFound(id)
  if (!model.calls.includes(way)) throw wrongCall(way === 'sync' ? 'synchronous' : 'asynchronous')
  const parameters = (body.parameters ?? {}) as { size?: string; n?: number }
  const input = body.input as { prompt?: string; messages?: { content: JsonObject[] }[] }
  const parts = input.messages?.[0]?.content ?? [{ text: input.prompt }]
  const texts = parts.filter(({ text }) => text !== undefined)
  if (texts.length !== 1) throw invalid('The message must have exactly one text.')
  const source = readPictures(parts, model)
  const count = parameters.n ?? 1
  if (count > model.most) throw invalid(`n must be at most ${model.most} for this model`)
  return { model: id, prompt: texts[0]?.text as string, count, ...readSize(model, parameters.size, source), source }
}
