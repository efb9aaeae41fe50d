import { readSource, type Source } from '../media/inputs.ts'
import { sizeOfRatio } from '../picture/plain.ts'
import { probePicture } from '../picture/probe.ts'
import { checkShape, type Shapes } from '../shape.ts'
import type { Call, Form, JsonObject } from '../types.ts'
import { MODELS } from './enums.ts'
import { invalid } from './errors.ts'
import type { Operation } from './fields.ts'
import { drawsVectors, promptLimit, sizesOf } from './models.ts'

/** A request that the API would accept. */
export interface Wanted {
  model: string
  prompt: string
  count: number
  width: number
  height: number
  format: 'svg' | 'png' | 'webp'
  base64: boolean
  source: Source | undefined
}

const DEFAULT_MODEL = 'recraftv3'

/** A form carries everything as text: numbers, booleans and objects become what their fields ask for. */
function converted(fields: JsonObject, shapes: Shapes): JsonObject {
  const body: JsonObject = {}
  for (const [name, value] of Object.entries(fields)) {
    const kind = Object.hasOwn(shapes, name) ? shapes[name]?.is : undefined
    const plain = typeof value === 'string' && kind !== undefined && kind !== 'string'
    try {
      body[name] = plain ? (JSON.parse(value) as unknown) : value
    } catch {
      body[name] = value
    }
  }
  return body
}

function readFiles({ files }: Form, { pictures }: Operation): Source[] {
  const stray = files.find(({ name }) => !pictures.includes(name))
  if (stray) throw invalid(`${stray.name}: unknown field.`)
  return pictures.map((name) => {
    const data = files.find((file) => file.name === name)?.data
    if (!data) throw invalid(`${name}: field required.`)
    const probe = probePicture(data)
    if (!probe || probe.mimeType === 'image/gif')
      throw invalid(`${name}: the image is invalid or of an unsupported type.`)
    return { data, width: probe.width, height: probe.height }
  })
}

function readUrls(body: JsonObject, { pictures }: Operation): Source[] {
  return pictures.map((name) => {
    const source = readSource(body[`${name}_url`] as string, ['url', 'data-url'])
    if (!source) throw invalid(`${name}_url: expected a URL or a data URL of an image.`)
    return source
  })
}

function readSize(model: string, size: string): { width: number; height: number } {
  if (!sizesOf(model).includes(size)) throw invalid(`size: '${size}' is not supported by ${model}.`)
  if (size.includes(':')) return sizeOfRatio(size, /^recraftv4.*_pro/.test(model) ? 2048 ** 2 : undefined)
  const [width = 1024, height = 1024] = size.split('x').map(Number)
  return { width, height }
}

/**
 * Reads a request.
 *
 * @param more ids of models beyond the API's own
 * @throws Problem and Refusal for everything that the API would not accept
 */
export function readRequest({ form, json }: Call, operation: Operation, more: readonly string[]): Wanted {
  const { single } = operation
  const urls = operation.pictures.map((name) => [`${name}_url`, { is: 'string', required: true }] as const)
  const shapes: Shapes = form ? operation.fields : { ...operation.fields, ...Object.fromEntries(urls) }
  const body = form ? converted(form.fields, shapes) : (json ?? {})
  checkShape(shapes, body)
  const [source, mask] = form ? readFiles(form, operation) : readUrls(body, operation)
  if (source?.data && mask?.data && (mask.width !== source.width || mask.height !== source.height)) {
    throw invalid('mask: the size of the mask differs from the size of the image.')
  }
  const model = single?.model ?? (body.model as string | undefined) ?? DEFAULT_MODEL
  if (!single && !MODELS.includes(model) && !more.includes(model)) throw invalid(`model: '${model}' is not supported.`)
  const prompt = (body.prompt as string | undefined) ?? operation.path
  if (prompt.length > promptLimit(model)) throw invalid(`prompt: must have at most ${promptLimit(model)} characters.`)
  if (body.style !== undefined && body.style_id !== undefined) {
    throw invalid('style and style_id: only one of them may be set.')
  }
  const style = (body.style as string | undefined) ?? undefined
  const vector = single?.vector === true || (!single && drawsVectors(model, style))
  const size =
    single || source
      ? (source ?? { width: 1024, height: 1024 })
      : readSize(model, (body.size as string | undefined) ?? '1:1')
  return {
    model,
    prompt,
    count: (body.n as number | undefined) ?? 1,
    width: size.width,
    height: size.height,
    format: vector ? 'svg' : ((body.image_format as 'png' | 'webp' | undefined) ?? 'webp'),
    base64: body.response_format === 'b64_json',
    source,
  }
}
