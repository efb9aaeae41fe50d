import type { Source } from '../media/inputs.ts'
import { isPicture } from '../picture/draw.ts'
import { sizeOfRatio } from '../picture/plain.ts'
import { probePicture } from '../picture/probe.ts'
import { checkShape } from '../shape.ts'
import type { Call, FormFile, JsonObject } from '../types.ts'
import { invalid } from './errors.ts'
import { NUMBERS, type Operation } from './fields.ts'

/** A request that the API would accept. */
export interface Wanted {
  model: string
  prompt: string
  format: string
  seed: number
  width: number
  height: number
  source: Source | undefined
  /** Bytes, or base64 in JSON. */
  json: boolean
}

const LEAST_SIDE = 64

function converted(fields: JsonObject): JsonObject {
  const body = { ...fields }
  for (const name of NUMBERS) {
    const value = body[name]
    if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) body[name] = Number(value)
  }
  return body
}

async function readPicture({ name, data }: FormFile): Promise<Source> {
  const probe = probePicture(data)
  if (!probe || probe.mimeType === 'image/gif' || !(await isPicture(data))) {
    throw invalid(`${name}: must be a valid image (image/jpeg, image/png, image/webp)`)
  }
  if (Math.min(probe.width, probe.height) < LEAST_SIDE) {
    throw invalid(`${name}: width and height must be at least ${LEAST_SIDE} pixels`)
  }
  return { data, width: probe.width, height: probe.height }
}

/** What the fields demand of each other. */
function checkTogether(body: JsonObject, source: Source | undefined, operation: Operation): void {
  const { strength, mode = 'text-to-image', aspect_ratio: ratio } = body
  if (operation.path === 'generate/ultra') {
    if (source && strength === undefined) throw invalid('strength: is required when image is provided')
    if (!source && strength !== undefined) throw invalid('strength: is only allowed when image is provided')
  }
  if (operation.path !== 'generate/sd3') return
  if (mode === 'text-to-image') {
    if (source || strength !== undefined) throw invalid('image, strength: are only allowed in image-to-image mode')
    return
  }
  if (!source) throw invalid('image: is required in image-to-image mode')
  if (strength === undefined) throw invalid('strength: is required in image-to-image mode')
  if (ratio !== undefined) throw invalid('aspect_ratio: is not allowed in image-to-image mode')
}

function readAccept(accept = '*/*'): boolean {
  if (accept.startsWith('application/json')) return true
  if (accept === '*/*' || accept.startsWith('image/')) return false
  throw invalid('accept: must be one of image/*, application/json')
}

/** @throws Problem and Refusal for everything that the API would not accept. */
export async function readRequest(call: Call, operation: Operation): Promise<Wanted> {
  const json = readAccept(call.headers.accept)
  const { fields = {}, files = [] } = call.form ?? {}
  // Clients without another file send an empty one named `none` to get a form out of their library.
  const { none: _none, ...own } = converted(fields)
  const given = files.filter(({ name }) => name !== 'none')
  const stray = given.find(({ name }) => !Object.hasOwn(operation.files, name))
  checkShape(operation.fields, stray ? { ...own, [stray.name]: '' } : own)
  for (const [name, need] of Object.entries(operation.files)) {
    if (need === 'required' && !given.some((file) => file.name === name)) throw invalid(`${name}: is required`)
  }
  const sources = await Promise.all(given.map(readPicture))
  const source = sources[given.findIndex(({ name }) => name === 'image')]
  checkTogether(own, source, operation)
  const seed = (own.seed as number | undefined) || 343_940_597
  return {
    model: (own.model as string | undefined) ?? operation.model,
    prompt: (own.prompt as string | undefined) ?? 'background removed',
    format: (own.output_format as string | undefined) ?? 'png',
    seed,
    ...(source ?? sizeOfRatio((own.aspect_ratio as string | undefined) ?? '1:1')),
    source,
    json,
  }
}
