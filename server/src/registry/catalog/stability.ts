import type { ModelPatch } from '@turnout/contract'
import { choice, each, integer, number, objectSchema, type PriceSource, prices, text } from './build.ts'

/** Stability's v2beta REST API. One picture of about one megapixel per call; failures are not charged. */

const CREDITS: PriceSource = { source: 'platform.stability.ai pricing, 1 credit = $0.01', asOf: '2026-06-30' }

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
  output_format: choice('png', 'jpeg', 'webp'),
  seed: integer(0, 4_294_967_294),
}

const model = (id: string, upstreamId: string, usd: string): ModelPatch => ({
  id,
  provider: 'stability',
  upstreamId,
  input: ['text'],
  output: ['image'],
  capabilities: { seed: true, negativePrompt: true },
  limits: {
    promptCharacters: 10_000,
    images: 1,
    aspectRatios: ['21:9', '16:9', '3:2', '5:4', '1:1', '4:5', '2:3', '9:16', '9:21'],
  },
  inputs: objectSchema(COMMON),
  prices: prices(CREDITS, each('image', usd)),
})

const sd35 = (id: string, usd: string, aliases: string[]): ModelPatch => ({
  ...model(id, id, usd),
  aliases,
  input: ['text', 'image'],
  capabilities: { seed: true, negativePrompt: true, guidance: true, imageInput: true },
  inputs: objectSchema({
    ...COMMON,
    mode: choice('text-to-image', 'image-to-image'),
    image: text('The picture to start from; image-to-image needs it and strength, and takes no aspect ratio.'),
    strength: number(0, 1),
    cfg_scale: number(1, 10),
  }),
})

export const STABILITY: readonly ModelPatch[] = [
  {
    ...model('stable-image-ultra', 'ultra', '0.08'),
    input: ['text', 'image'],
    capabilities: { seed: true, negativePrompt: true, imageInput: true },
    inputs: objectSchema({ ...COMMON, image: text('The picture to start from.'), strength: number(0, 1) }),
  },
  model('stable-image-core', 'core', '0.03'),
  // The sd3-* ids have been served by their 3.5 successors since 2025-04-17.
  sd35('sd3.5-large', '0.065', ['stable-diffusion-3.5-large', 'stable-diffusion-3.5', 'sd3.5', 'sd3-large']),
  sd35('sd3.5-large-turbo', '0.04', ['stable-diffusion-3.5-large-turbo', 'sd3-large-turbo']),
  sd35('sd3.5-medium', '0.035', ['stable-diffusion-3.5-medium', 'sd3-medium']),
  sd35('sd3.5-flash', '0.025', ['stable-diffusion-3.5-flash']),
]
