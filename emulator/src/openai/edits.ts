import { isPicture } from '../picture/draw.ts'
import { decodeDataUrl, type Probe, probePicture } from '../picture/probe.ts'
import type { Answer, Call, Form, FormFile, JsonObject, World } from '../types.ts'
import { ApiError, badRequest } from './errors.ts'
import { FORM_BOOLEANS, FORM_EDIT_FIELDS, FORM_NUMBERS, JSON_EDIT_FIELDS } from './image-fields.ts'
import { readImageRequest } from './image-request.ts'
import { answerWithPictures } from './images.ts'
import { checkFields, missing } from './validate.ts'

const MAX_IMAGES = 16
const MAX_IMAGE_BYTES = 50 * 1024 * 1024
const MAX_MASK_BYTES = 4 * 1024 * 1024
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp']
const DEFAULT_MODEL = 'gpt-image-1.5'

/** A picture that the edit starts from; without data where only its URL is known. */
interface Source {
  data: Buffer | undefined
  width: number
  height: number
}

interface Edit {
  body: JsonObject
  images: Source[]
  mask: Source | undefined
}

function unreadable(param: string, number: number): ApiError {
  return badRequest(
    `Invalid image file or mode for image ${number}, please check your image file.`,
    param,
    'invalid_image_file',
  )
}

function checkPicture(data: Buffer, param: string, number: number): Probe {
  const probe = probePicture(data)
  if (probe && probe.mimeType !== 'image/gif') return probe
  throw unreadable(param, number)
}

function readFile(file: FormFile, param: string, number: number): Source {
  if (!IMAGE_TYPES.includes(file.mimeType)) {
    throw badRequest(
      `Invalid file '${param}': unsupported mimetype ('${file.mimeType}'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.`,
      param,
      'unsupported_file_mimetype',
    )
  }
  const most = param === 'mask' ? MAX_MASK_BYTES : MAX_IMAGE_BYTES
  if (file.data.length >= most) {
    throw badRequest(`Invalid file '${param}': the file must be smaller than ${most} bytes.`, param, 'file_too_large')
  }
  const probe = checkPicture(file.data, param, number)
  if (param === 'mask' && probe.mimeType !== 'image/png') {
    throw badRequest('Invalid mask image format - the mask must be a PNG.', 'mask', 'invalid_mask_image_format')
  }
  return { data: file.data, width: probe.width, height: probe.height }
}

/** A form field that stands for a number or a boolean; anything else stays text and fails its type check. */
function converted(fields: JsonObject): JsonObject {
  const body = { ...fields }
  for (const name of FORM_NUMBERS) {
    if (typeof body[name] === 'string' && /^-?\d+(\.\d+)?$/.test(body[name])) body[name] = Number(body[name])
  }
  for (const name of FORM_BOOLEANS) {
    if (body[name] === 'true' || body[name] === 'false') body[name] = body[name] === 'true'
  }
  return body
}

function readForm(form: Form): Edit {
  const body = converted(form.fields)
  const stray = form.files.find((file) => !['image', 'image[]', 'mask'].includes(file.name))
  checkFields(FORM_EDIT_FIELDS, stray ? { ...body, [stray.name]: '' } : body)
  const files = form.files.filter((file) => file.name !== 'mask')
  if (files.length === 0) throw missing('image')
  if (files.length > 1 && files.some((file) => file.name === 'image')) {
    throw badRequest(
      "Duplicate parameter: 'image'. Use the array syntax 'image[]' instead.",
      'image',
      'duplicate_parameter',
    )
  }
  if (files.length > MAX_IMAGES) {
    throw badRequest(
      `Invalid 'image': array too long. Expected an array with maximum length ${MAX_IMAGES}, but got an array with length ${files.length} instead.`,
      'image',
      'array_above_max_length',
    )
  }
  const mask = form.files.find((file) => file.name === 'mask')
  return {
    body,
    images: files.map((file, index) => readFile(file, 'image', index + 1)),
    mask: mask && readFile(mask, 'mask', 1),
  }
}

function readReference(reference: JsonObject, path: string, number: number): Source {
  const { image_url: url, file_id: fileId } = reference as { image_url?: string; file_id?: string }
  if ((url === undefined) === (fileId === undefined)) {
    throw badRequest(`Provide exactly one of 'image_url' or 'file_id' in '${path}'.`, path, 'invalid_value')
  }
  if (url === undefined) throw new ApiError(404, { message: `No such File object: ${fileId}`, param: 'file_id' })
  if (url.startsWith('data:')) {
    const data = decodeDataUrl(url)
    if (!data)
      throw badRequest(`Invalid '${path}.image_url'. Expected a base64 data URL of an image.`, `${path}.image_url`)
    const probe = checkPicture(data, `${path}.image_url`, number)
    return { data, width: probe.width, height: probe.height }
  }
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw badRequest(`Invalid '${path}.image_url'. Expected a valid URL.`, `${path}.image_url`, 'invalid_value')
  }
  // Nothing is fetched: the picture behind a URL counts as a square of the usual size.
  return { data: undefined, width: 1024, height: 1024 }
}

function readJson(body: JsonObject): Edit {
  checkFields(JSON_EDIT_FIELDS, body)
  const images = body.images as JsonObject[]
  return {
    body,
    images: images.map((image, index) => readReference(image, `images[${index}]`, index + 1)),
    mask: body.mask === undefined ? undefined : readReference(body.mask as JsonObject, 'mask', 1),
  }
}

/** Tokens of an input picture: a base and one part for each tile of 512 pixels of its shorter side fitted to 512. */
function inputTokens({ width, height }: Source, fidelity: unknown): number {
  const tiles = Math.ceil(Math.max(width, height) / Math.min(width, height))
  const high = fidelity === 'high' ? (width === height ? 4160 : 6240) : 0
  return 65 + 129 * tiles + high
}

/** `POST /images/edits`, as a form or as JSON. */
export async function editImages(call: Call, world: World): Promise<Answer> {
  const { body, images, mask } = call.form ? readForm(call.form) : readJson(call.json ?? {})
  const request = readImageRequest(body, world.models, DEFAULT_MODEL)
  const fidelity = body.input_fidelity ?? undefined
  if (fidelity !== undefined && !request.model.fidelity) {
    throw badRequest(
      "The 'input_fidelity' parameter is not supported with this model.",
      'input_fidelity',
      'invalid_value',
    )
  }
  const [first] = images
  if (mask?.data && first?.data && (mask.width !== first.width || mask.height !== first.height)) {
    throw badRequest(
      'Invalid mask image format - mask size does not match image size',
      'mask',
      'invalid_mask_image_format',
    )
  }
  for (const [index, image] of images.entries()) {
    if (image.data && !(await isPicture(image.data))) throw unreadable('image', index + 1)
  }
  const imageTokens = images.reduce((sum, image) => sum + inputTokens(image, fidelity), 0)
  return answerWithPictures(request, { backdrop: first?.data, imageTokens }, 'image_edit', world.delays)
}
