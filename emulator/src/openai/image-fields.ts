import type { Field, Fields } from './validate.ts'

const STANDARD_SIZES = ['1024x1024', '1536x1024', '1024x1536'] as const

/** Sizes that every gpt-image model draws. */
export const SIZES: readonly string[] = [...STANDARD_SIZES, 'auto']
export const QUALITIES: readonly string[] = ['low', 'medium', 'high', 'auto']
export const FORMATS: readonly string[] = ['png', 'webp', 'jpeg']

const COMMON: Fields = {
  model: { kind: 'string', nullable: true },
  prompt: { kind: 'string', required: true, min: 1, max: 32_000 },
  background: { kind: 'string', nullable: true, values: ['transparent', 'opaque', 'auto'] },
  moderation: { kind: 'string', nullable: true, values: ['low', 'auto'] },
  n: { kind: 'integer', nullable: true, min: 1, max: 10 },
  output_compression: { kind: 'integer', nullable: true, min: 0, max: 100 },
  output_format: { kind: 'string', nullable: true },
  partial_images: { kind: 'integer', nullable: true, min: 0, max: 3 },
  quality: { kind: 'string', nullable: true },
  safety_identifier: { kind: 'string', nullable: true, max: 64 },
  size: { kind: 'string', nullable: true },
  stream: { kind: 'boolean', nullable: true },
  user: { kind: 'string' },
}

/** Fields of `POST /images/generations`; the gpt-image models know neither `response_format` nor `style`. */
export const GENERATION_FIELDS: Fields = COMMON

const reference: Field = {
  kind: 'object',
  fields: { image_url: { kind: 'string', max: 20_971_520 }, file_id: { kind: 'string' } },
}

const fidelity: Field = { kind: 'string', nullable: true, values: ['high', 'low'] }

/** Fields of `POST /images/edits` as JSON (schema EditImageBodyJsonParam). */
export const JSON_EDIT_FIELDS: Fields = {
  ...COMMON,
  images: { kind: 'array', required: true, min: 1, max: 16, items: reference },
  mask: reference,
  input_fidelity: fidelity,
}

/** Text fields of `POST /images/edits` as a form; the pictures are its files. */
export const FORM_EDIT_FIELDS: Fields = { ...COMMON, input_fidelity: fidelity }

/** Form fields that are not strings: a form carries them as text. */
export const FORM_NUMBERS = ['n', 'output_compression', 'partial_images'] as const
export const FORM_BOOLEANS = ['stream'] as const

/** Output tokens of a gpt-image picture by quality, for a square of 1024 pixels (pricing page); others by area. */
export const OUTPUT_TOKENS: Readonly<Record<string, number>> = {
  low: 272,
  medium: 1056,
  high: 4160,
  xhigh: 8320,
  max: 16_640,
}

/** What each partial picture costs more (image generation guide). */
export const PARTIAL_TOKENS = 100
