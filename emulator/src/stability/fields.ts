import type { Shapes } from '../shape.ts'

const PROMPT = { is: 'string', required: true, min: 1, max: 10_000 } as const
const OPTIONAL_PROMPT = { is: 'string', max: 10_000 } as const
const SHARE = { is: 'number', min: 0, max: 1 } as const
const RATIOS = ['21:9', '16:9', '3:2', '5:4', '1:1', '4:5', '2:3', '9:16', '9:21']
const STYLES = [
  'enhance',
  'anime',
  'photographic',
  'digital-art',
  'comic-book',
  'fantasy-art',
  'line-art',
  'analog-film',
  'neon-punk',
  'isometric',
  'low-poly',
  'origami',
  'modeling-compound',
  'cinematic',
  '3d-model',
  'pixel-art',
  'tile-texture',
]

/** Fields that stand for numbers; a form carries them as text. */
export const NUMBERS = ['seed', 'strength', 'cfg_scale', 'grow_mask'] as const

const OUTPUT: Shapes = {
  seed: { is: 'integer', min: 0, max: 4_294_967_294 },
  output_format: { is: 'string', values: ['png', 'jpeg', 'webp'] },
}

const GENERATE: Shapes = {
  ...OUTPUT,
  prompt: PROMPT,
  negative_prompt: OPTIONAL_PROMPT,
  aspect_ratio: { is: 'string', values: RATIOS },
  style_preset: { is: 'string', values: STYLES },
}

/** Older names are served by the models of version 3.5. Source: release notes of April 2025. */
const SD3 = [
  'sd3.5-large',
  'sd3.5-large-turbo',
  'sd3.5-medium',
  'sd3.5-flash',
  'sd3-large',
  'sd3-large-turbo',
  'sd3-medium',
]

/** An operation of `/v2beta/stable-image`: its text fields and its files. Source: REST API v2beta. */
export interface Operation {
  path: string
  /** What the bill and the faults call it. */
  model: string
  fields: Shapes
  /** Names of the files, and whether they must be there. */
  files: Readonly<Record<string, 'required' | 'optional'>>
}

const GROW = { grow_mask: { is: 'integer', min: 0, max: 100 } } as const satisfies Shapes

export const OPERATIONS: readonly Operation[] = [
  { path: 'generate/core', model: 'stable-image-core', fields: GENERATE, files: {} },
  {
    path: 'generate/ultra',
    model: 'stable-image-ultra',
    fields: { ...GENERATE, strength: SHARE },
    files: { image: 'optional' },
  },
  {
    path: 'generate/sd3',
    model: 'sd3.5-large',
    fields: {
      ...GENERATE,
      strength: SHARE,
      mode: { is: 'string', values: ['text-to-image', 'image-to-image'] },
      model: { is: 'string', values: SD3 },
      cfg_scale: { is: 'number', min: 1, max: 10 },
    },
    files: { image: 'optional' },
  },
  {
    path: 'edit/inpaint',
    model: 'inpaint',
    fields: {
      ...OUTPUT,
      ...GROW,
      prompt: PROMPT,
      negative_prompt: OPTIONAL_PROMPT,
      style_preset: { is: 'string', values: STYLES },
    },
    files: { image: 'required', mask: 'optional' },
  },
  {
    path: 'edit/search-and-replace',
    model: 'search-and-replace',
    fields: {
      ...OUTPUT,
      ...GROW,
      prompt: PROMPT,
      search_prompt: PROMPT,
      negative_prompt: OPTIONAL_PROMPT,
      style_preset: { is: 'string', values: STYLES },
    },
    files: { image: 'required' },
  },
  {
    path: 'edit/remove-background',
    model: 'remove-background',
    fields: { output_format: { is: 'string', values: ['png', 'webp'] } },
    files: { image: 'required' },
  },
]
