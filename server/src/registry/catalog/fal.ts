import type { Capabilities, ModelPatch, Prices, Transform } from '@turnout/contract'
import { choice, each, flag, integer, number, objectSchema, type PriceSource, prices, text } from './build.ts'

/**
 * Inputs: the types of fal's own JavaScript client 1.10.1. The bare names
 * (`flux-pro`, `flux-dev`, `flux-lora`, `face-swap`, `image-to-image`) are
 * those of the image service that Turnout takes the place of.
 */

const MODEL_PAGES: PriceSource = { source: 'fal.ai model pages', asOf: '2026-11-20' }

/** fal's own page of this endpoint could not be read. */
const IMAGE_SERVICE: PriceSource = { source: 'the image service that Turnout takes the place of', asOf: '2026-11-20' }

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

const LORAS = {
  type: 'array',
  items: objectSchema({ path: text('URL of the weights.'), scale: { type: 'number', default: 1 } }, ['path']),
}

/** Endpoints of FLUX.1 [dev], each of which has its own way of being told the same. */
const DEV_IMAGE = 'fal-ai/flux/dev/image-to-image'
const LORA = 'fal-ai/flux-lora'
const LORA_IMAGE = 'fal-ai/flux-lora/image-to-image'

interface Entry {
  id: string
  description?: string
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
  transform?: Transform
  /** Endpoints that read no text make something of pictures alone. */
  wordless?: true
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
  ...(entry.description && { description: entry.description }),
  aliases: [entry.upstreamId, ...(entry.aliases ?? [])],
  provider: 'fal',
  upstreamId: entry.upstreamId,
  input: entry.wordless ? ['image'] : entry.capabilities?.imageInput ? ['text', 'image'] : ['text'],
  output: ['image'],
  capabilities: { ...NOTHING, ...entry.capabilities },
  limits: {
    images: entry.images ?? 1,
    ...(entry.capabilities?.imageInput && { inputImages: entry.pictures ?? 1 }),
    ...(entry.aspectRatios && { aspectRatios: entry.aspectRatios }),
  },
  inputs: objectSchema(entry.properties, entry.required),
  ...(entry.transform && { transform: entry.transform }),
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
    description: 'FLUX1.1 [pro]: the finest pictures from text of the FLUX.1 family.',
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
    description: 'FLUX.1 [dev]: fast, with LoRAs, from text or from a picture.',
    upstreamId: 'fal-ai/flux/dev',
    prices: prices(
      MODEL_PAGES,
      each('megapixel', '0.025'),
      each('megapixel', '0.03', { endpoint: DEV_IMAGE }),
      each('megapixel', '0.035', { endpoint: LORA }),
      each('megapixel', '0.035', { endpoint: LORA_IMAGE }),
    ),
    properties: { ...DIFFUSION, image_size: IMAGE_SIZE, strength: number(0.01, 1), loras: LORAS },
    capabilities: { ...SAMPLED, lora: true, imageInput: true },
    images: 4,
    transform: {
      endpoints: [
        { when: ['loras', 'pictures'], use: LORA_IMAGE },
        { when: ['loras'], use: LORA },
        { when: ['pictures'], use: DEV_IMAGE },
      ],
    },
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
    description: 'FLUX.1 [dev] with LoRAs of your own, from text or from a picture.',
    upstreamId: LORA,
    prices: perMegapixel('0.035'),
    properties: {
      ...DIFFUSION,
      acceleration: choice('none', 'regular'),
      image_size: IMAGE_SIZE,
      strength: number(0.01, 1),
      loras: LORAS,
    },
    capabilities: { ...SAMPLED, lora: true, imageInput: true },
    images: 4,
    transform: { required: ['prompt', 'lora_url'], endpoints: [{ when: ['pictures'], use: LORA_IMAGE }] },
  }),
  model({
    id: 'image-to-image',
    description: 'FLUX.1 [dev] from a picture: transforms it as the prompt says.',
    upstreamId: DEV_IMAGE,
    prices: prices(IMAGE_SERVICE, each('image', '0.03')),
    properties: {
      ...DIFFUSION,
      num_inference_steps: integer(10, 50),
      image_url: text('The picture to transform.'),
      strength: number(0, 1),
    },
    required: ['image_url'],
    capabilities: { ...SAMPLED, imageInput: true },
    images: 4,
    transform: { required: ['prompt'] },
  }),
  model({
    id: 'face-swap',
    description: 'Puts the face of one picture (image_url) into another one (target_image_url).',
    upstreamId: 'easel-ai/advanced-face-swap',
    prices: perImage('0.05'),
    properties: {
      prompt: text('The model reads none; one that is sent is left out.'),
      face_image_0: objectSchema({ url: text('The face to put in.') }, ['url']),
      gender_0: choice('male', 'female', 'non-binary'),
      target_image: objectSchema({ url: text('The picture that gets the face.') }, ['url']),
      workflow_type: choice('user_hair', 'target_hair'),
      upscale: flag(),
    },
    required: ['face_image_0', 'target_image'],
    capabilities: { imageInput: true },
    pictures: 2,
    wordless: true,
    transform: {
      settings: { pictures: { fields: ['face_image_0.url', 'target_image.url'] } },
      aliases: { image_url: 'face_image_0.url', target_image_url: 'target_image.url' },
    },
  }),
  model({
    id: 'face-swap-half-moon',
    upstreamId: 'half-moon-ai/ai-face-swap/faceswapimage',
    prices: null,
    properties: { source_face_url: text('The face to put in.'), target_image_url: text('The picture that gets it.') },
    required: ['source_face_url', 'target_image_url'],
    capabilities: { imageInput: true },
    pictures: 2,
    wordless: true,
    transform: { aliases: { image_url: 'source_face_url' } },
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
