import type { Capabilities, ModelPatch, Prices } from '@turnout/contract'
import { choice, each, flag, integer, number, objectSchema, type PriceSource, prices, text } from './build.ts'

/**
 * Inputs: the types of fal's own JavaScript client 1.10.1. The bare names
 * (`flux-pro`, `flux-dev`, `flux-lora`, `face-swap`, `image-to-image`) are
 * those of the image service that Turnout takes the place of.
 */

const MODEL_PAGES: PriceSource = { source: 'fal.ai model pages', asOf: '2026-11-20' }

const perMegapixel = (usd: string): Prices => prices(MODEL_PAGES, each('megapixel', usd))
const perImage = (usd: string): Prices => prices(MODEL_PAGES, each('image', usd))

const SIZE_NAMES = choice('square_hd', 'square', 'portrait_4_3', 'portrait_16_9', 'landscape_4_3', 'landscape_16_9')

const IMAGE_SIZE = {
  anyOf: [SIZE_NAMES, objectSchema({ width: integer(1), height: integer(1) }, ['width', 'height'])],
}

const OUTPUT = { seed: integer(0), enable_safety_checker: flag(), output_format: choice('jpeg', 'png') }

const DIFFUSION = {
  ...OUTPUT,
  num_inference_steps: integer(1, 50),
  guidance_scale: number(1, 20),
  acceleration: choice('none', 'regular', 'high'),
}

const RATIOS = ['21:9', '16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16', '9:21']

interface Entry {
  id: string
  upstreamId: string
  aliases?: string[]
  prices: Prices | null
  properties: Parameters<typeof objectSchema>[0]
  required?: string[]
  capabilities?: Capabilities
  images?: number
  /** How many go in, where it takes any. */
  pictures?: number
  aspectRatios?: string[]
}

/** What an endpoint takes only where it says so. */
const NOTHING: Capabilities = {
  seed: false,
  negativePrompt: false,
  guidance: false,
  steps: false,
  lora: false,
  imageInput: false,
  mask: false,
}

const model = (entry: Entry): ModelPatch => ({
  id: entry.id,
  aliases: [entry.upstreamId, ...(entry.aliases ?? [])],
  provider: 'fal',
  upstreamId: entry.upstreamId,
  input: entry.capabilities?.imageInput ? ['text', 'image'] : ['text'],
  output: ['image'],
  capabilities: { ...NOTHING, ...entry.capabilities },
  limits: {
    images: entry.images ?? 1,
    ...(entry.capabilities?.imageInput && { inputImages: entry.pictures ?? 1 }),
    ...(entry.aspectRatios && { aspectRatios: entry.aspectRatios }),
  },
  inputs: objectSchema(entry.properties, entry.required),
  prices: entry.prices,
})

const SAMPLED: Capabilities = { seed: true, guidance: true, steps: true }

/** Endpoints that fal's own client no longer knows; the days are not known. */
const gone = (id: string, replacedBy: string): ModelPatch => ({
  id,
  provider: 'fal',
  input: ['text', 'image'],
  output: ['image'],
  prices: null,
  lifecycle: { status: 'retired', replacedBy },
})

export const FAL: readonly ModelPatch[] = [
  gone('fal-ai/flux-pro', 'flux-pro'),
  gone('fal-ai/face-swap', 'face-swap'),
  model({
    id: 'flux-pro',
    upstreamId: 'fal-ai/flux-pro/v1.1',
    prices: perMegapixel('0.04'),
    properties: {
      ...OUTPUT,
      image_size: IMAGE_SIZE,
      safety_tolerance: choice('1', '2', '3', '4', '5', '6'),
      enhance_prompt: flag(),
    },
    capabilities: { seed: true },
    images: 4,
  }),
  model({
    id: 'flux-dev',
    upstreamId: 'fal-ai/flux/dev',
    prices: perMegapixel('0.025'),
    properties: { ...DIFFUSION, image_size: IMAGE_SIZE },
    capabilities: SAMPLED,
    images: 4,
  }),
  model({
    id: 'flux-schnell',
    upstreamId: 'fal-ai/flux/schnell',
    prices: perMegapixel('0.003'),
    properties: { ...DIFFUSION, image_size: IMAGE_SIZE },
    capabilities: SAMPLED,
    images: 4,
  }),
  model({
    id: 'flux-lora',
    upstreamId: 'fal-ai/flux-lora',
    prices: perMegapixel('0.035'),
    properties: {
      ...DIFFUSION,
      acceleration: choice('none', 'regular'),
      image_size: IMAGE_SIZE,
      loras: {
        type: 'array',
        items: objectSchema({ path: text('URL of the weights.'), scale: { type: 'number', default: 1 } }, ['path']),
      },
    },
    capabilities: { ...SAMPLED, lora: true },
    images: 4,
  }),
  model({
    id: 'image-to-image',
    upstreamId: 'fal-ai/flux/dev/image-to-image',
    prices: null,
    properties: {
      ...DIFFUSION,
      num_inference_steps: integer(10, 50),
      image_url: text('The picture to transform.'),
      strength: number(0, 1),
    },
    required: ['image_url'],
    capabilities: { ...SAMPLED, imageInput: true },
    images: 4,
  }),
  model({
    id: 'face-swap',
    upstreamId: 'easel-ai/advanced-face-swap',
    prices: perImage('0.05'),
    properties: {
      face_image_0: objectSchema({ url: text('The face to put in.') }, ['url']),
      gender_0: choice('male', 'female', 'non-binary'),
      target_image: objectSchema({ url: text('The picture that gets the face.') }, ['url']),
      workflow_type: choice('user_hair', 'target_hair'),
      upscale: flag(),
    },
    required: ['face_image_0', 'target_image'],
    capabilities: { imageInput: true },
    pictures: 2,
  }),
  model({
    id: 'face-swap-half-moon',
    upstreamId: 'half-moon-ai/ai-face-swap/faceswapimage',
    prices: null,
    properties: { source_face_url: text('The face to put in.'), target_image_url: text('The picture that gets it.') },
    required: ['source_face_url', 'target_image_url'],
    capabilities: { imageInput: true },
    pictures: 2,
  }),
  model({
    id: 'fal/flux-pro-1.1-ultra',
    upstreamId: 'fal-ai/flux-pro/v1.1-ultra',
    prices: perImage('0.06'),
    properties: { ...OUTPUT, image_url: text(), safety_tolerance: choice('1', '2', '3', '4', '5', '6') },
    capabilities: { seed: true, imageInput: true },
    aspectRatios: RATIOS,
  }),
  model({
    id: 'fal/flux-kontext-pro',
    upstreamId: 'fal-ai/flux-pro/kontext',
    prices: perImage('0.04'),
    properties: { ...OUTPUT, guidance_scale: number(1, 20), image_url: text('The picture to edit.') },
    required: ['image_url'],
    capabilities: { seed: true, guidance: true, imageInput: true },
    aspectRatios: RATIOS,
  }),
  model({
    id: 'fal/flux-2-pro',
    upstreamId: 'fal-ai/flux-2-pro',
    // The first megapixel costs 3 cents and each further one 1.5.
    prices: prices(MODEL_PAGES, each('image', '0.015'), each('megapixel', '0.015')),
    properties: { ...OUTPUT, image_size: IMAGE_SIZE },
    capabilities: { seed: true },
  }),
]
