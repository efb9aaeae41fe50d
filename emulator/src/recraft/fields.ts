import type { Shape, Shapes } from '../shape.ts'
import { SUBSTYLES } from './enums.ts'

const TEXT: Shape = { is: 'string' }
const FLAG: Shape = { is: 'boolean' }
const NUMBER: Shape = { is: 'number' }
const UINT32: Shape = { is: 'integer', min: 0, max: 4_294_967_295 }
const choice = (...values: string[]): Shape => ({ is: 'string', values })

const COLOR: Shape = {
  is: 'object',
  fields: {
    rgb: { is: 'list', min: 3, max: 3, items: { is: 'integer', min: 0, max: 255 } },
    std: { is: 'list', items: NUMBER },
    weight: NUMBER,
  },
}

const CONTROLS: Shape = {
  is: 'object',
  fields: {
    colors: { is: 'list', items: COLOR },
    background_color: COLOR,
    no_text: FLAG,
    artistic_level: { is: 'integer', min: 0, max: 5 },
  },
}

const POINT: Shape = { is: 'list', min: 2, max: 2, items: NUMBER }
const LINE: Shape = {
  is: 'object',
  fields: {
    text: { is: 'string', required: true },
    bbox: { is: 'list', required: true, min: 4, max: 4, items: POINT },
  },
}

const OUTPUT: Shapes = {
  expire: FLAG,
  image_format: choice('webp', 'png'),
  response_format: choice('url', 'b64_json'),
}

const CREATE: Shapes = {
  ...OUTPUT,
  prompt: { is: 'string', required: true, min: 1, max: 10_000 },
  model: TEXT,
  n: { is: 'integer', min: 1, max: 6 },
  negative_prompt: TEXT,
  random_seed: UINT32,
  style: TEXT,
  style_id: { is: 'string', pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i },
  substyle: { is: 'string', values: SUBSTYLES },
  style_match: choice('regular', 'precise', 'flexible'),
  controls: CONTROLS,
  creativity: choice('simple', 'standard', 'eccentric'),
  text_layout: { is: 'list', items: LINE },
  block_nsfw: FLAG,
  calculate_features: FLAG,
}

const UPSCALE = choice('upscale4mp', 'upscale16mp')

/** One operation on pictures: its fields and the pictures it starts from. Source: the specification of 2026-08-22. */
export interface Operation {
  path: string
  fields: Shapes
  /** Names of pictures: files of a form, or `{name}_url` in JSON. */
  pictures: readonly string[]
  /** The answer has one `image` instead of a list; the model and the units of what it costs. */
  single?: { model: string; credits: number; vector?: true }
}

const PROCESS: Shapes = { ...OUTPUT, upscale: UPSCALE }

export const OPERATIONS: readonly Operation[] = [
  {
    path: 'generations',
    fields: { ...CREATE, size: TEXT, upscale: UPSCALE, style_reference_urls: { is: 'list', items: TEXT } },
    pictures: [],
  },
  {
    path: 'imageToImage',
    fields: { ...CREATE, strength: { is: 'number', required: true, min: 0, max: 1 } },
    pictures: ['image'],
  },
  { path: 'inpaint', fields: CREATE, pictures: ['image', 'mask'] },
  {
    path: 'removeBackground',
    fields: PROCESS,
    pictures: ['image'],
    single: { model: 'remove_background', credits: 10 },
  },
  {
    path: 'vectorize',
    fields: PROCESS,
    pictures: ['image'],
    single: { model: 'vectorize', credits: 10, vector: true },
  },
  { path: 'crispUpscale', fields: PROCESS, pictures: ['image'], single: { model: 'crisp_upscale', credits: 4 } },
]
