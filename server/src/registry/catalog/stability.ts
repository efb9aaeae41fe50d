import type { Capabilities, ModelPatch } from '@turnout/contract'
import { choice, each, integer, number, objectSchema, type PriceSource, prices, text } from './build.ts'

/** Stability's v2beta REST API. One picture of about one megapixel per call; failures are not charged. */

const CREDITS: PriceSource = { source: 'platform.stability.ai pricing, 1 credit = $0.01', asOf: '2026-06-30' }

/** The prices of what changes a picture, which this page alone states. */
const PRICE_UPDATE: PriceSource = {
  source: 'stability.ai/api-pricing-update-25 in force since 2025-08-01, 1 credit = $0.01',
  asOf: '2026-11-20',
}

const FORMAT = choice('png', 'jpeg', 'webp')

const STYLES = choice(
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
)

const COMMON = {
  style_preset: STYLES,
  output_format: FORMAT,
  seed: integer(0, 4_294_967_294),
}

type JsonSchemas = Parameters<typeof objectSchema>[0]

interface EditTraits {
  capabilities?: Capabilities
  inputs?: JsonSchemas
  required?: string[]
  /** The fields of the pictures that it needs; `image` unless said otherwise. */
  pictures?: string[]
}

/** What none of them takes unless it says otherwise. */
const NEVER: Capabilities = { guidance: false, steps: false, lora: false, imageInput: false, mask: false }

const model = (id: string, upstreamId: string, usd: string): ModelPatch => ({
  id,
  provider: 'stability',
  upstreamId,
  input: ['text'],
  output: ['image'],
  capabilities: { ...NEVER, seed: true, negativePrompt: true },
  limits: {
    promptCharacters: 10_000,
    images: 1,
    aspectRatios: ['21:9', '16:9', '3:2', '5:4', '1:1', '4:5', '2:3', '9:16', '9:21'],
  },
  inputs: objectSchema(COMMON),
  prices: prices(CREDITS, each('image', usd)),
})

const STRENGTH = { ...number(0, 1), description: 'Needed beside a picture: 0 keeps it, 1 ignores it.' }

/** A model that may start from a picture; then strength is needed. */
const fromPicture = (record: ModelPatch, image: string, inputs: JsonSchemas = {}): ModelPatch => ({
  ...record,
  input: ['text', 'image'],
  capabilities: { ...record.capabilities, imageInput: true },
  limits: { ...record.limits, inputImages: 1 },
  inputs: objectSchema({ ...COMMON, image: text(image), strength: STRENGTH, ...inputs }),
})

const sd35 = (id: string, usd: string, aliases: string[]): ModelPatch => {
  const record = fromPicture(
    model(id, id, usd),
    'The picture to start from; strength is needed beside it, and it keeps its aspect ratio.',
    { mode: choice('text-to-image', 'image-to-image'), cfg_scale: number(1, 10) },
  )
  return { ...record, aliases, capabilities: { ...record.capabilities, guidance: true } }
}

/** A service that changes a picture, by its operation. */
const edit = (operation: string, usd: string | null, more: EditTraits = {}): ModelPatch => {
  const pictures = more.pictures ?? ['image']
  const fields = Object.fromEntries(pictures.map((field) => [field, text('A picture, base64.')]))
  return {
    id: `stable-image-${operation}`,
    provider: 'stability',
    upstreamId: operation,
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput: true, ...more.capabilities },
    limits: { images: 1, inputImages: pictures.length, promptCharacters: 10_000 },
    inputs: objectSchema({ ...fields, output_format: FORMAT, ...more.inputs }, [...pictures, ...(more.required ?? [])]),
    defaults: { operation },
    prices: usd === null ? null : prices(PRICE_UPDATE, each('image', usd)),
  }
}

const SHARE = number(0, 1)
const GROW = { grow_mask: integer(0) }
const ONLY_SEED: Capabilities = { negativePrompt: false }
const NOTHING_ELSE: Capabilities = { negativePrompt: false, seed: false }
const SIDES = { left: integer(0, 2000), right: integer(0, 2000), up: integer(0, 2000), down: integer(0, 2000) }

export const STABILITY: readonly ModelPatch[] = [
  fromPicture(model('stable-image-ultra', 'ultra', '0.08'), 'The picture to start from.'),
  model('stable-image-core', 'core', '0.03'),
  // The sd3-* ids have been served by their 3.5 successors since 2025-04-17.
  sd35('sd3.5-large', '0.065', ['stable-diffusion-3.5-large', 'stable-diffusion-3.5', 'sd3.5', 'sd3-large']),
  sd35('sd3.5-large-turbo', '0.04', ['stable-diffusion-3.5-large-turbo', 'sd3-large-turbo']),
  sd35('sd3.5-medium', '0.035', ['stable-diffusion-3.5-medium', 'sd3-medium']),
  sd35('sd3.5-flash', '0.025', ['stable-diffusion-3.5-flash']),
  edit('erase', '0.05', { capabilities: { ...ONLY_SEED, mask: true }, inputs: GROW }),
  edit('inpaint', '0.05', { capabilities: { mask: true }, inputs: { style_preset: STYLES, ...GROW } }),
  edit('outpaint', null, { capabilities: ONLY_SEED, inputs: { style_preset: STYLES, creativity: SHARE, ...SIDES } }),
  edit('search-and-replace', '0.05', {
    inputs: { style_preset: STYLES, ...GROW, search_prompt: text('What is to be replaced.') },
    required: ['search_prompt'],
  }),
  edit('search-and-recolor', null, {
    inputs: { style_preset: STYLES, ...GROW, select_prompt: text('What is to have another colour.') },
    required: ['select_prompt'],
  }),
  edit('remove-background', '0.05', { capabilities: NOTHING_ELSE }),
  edit('sketch', '0.05', { inputs: { style_preset: STYLES, control_strength: SHARE } }),
  edit('structure', '0.05', { inputs: { style_preset: STYLES, control_strength: SHARE } }),
  edit('style', '0.05', { inputs: { style_preset: STYLES, fidelity: SHARE } }),
  edit('style-transfer', null, {
    pictures: ['init_image', 'style_image'],
    inputs: { style_strength: SHARE, composition_fidelity: SHARE, change_strength: SHARE },
  }),
  edit('fast-upscale', '0.02', { capabilities: NOTHING_ELSE }),
  edit('conservative-upscale', '0.40', { inputs: { creativity: SHARE } }),
]
