import type { Capabilities, Limits, ModelPatch, Prices } from '@turnout/contract'
import {
  choice,
  deprecated,
  each,
  flag,
  integer,
  number,
  objectSchema,
  type PriceSource,
  prices,
  text,
} from './build.ts'

/**
 * Black Forest Labs' own API. Fields: its OpenAPI description of 2026-05-01,
 * and docs.bfl.ai, read November 2026, for FLUX.3 and the flux-tools. Each
 * answer says what it cost; these prices are for estimates.
 */

const CREDITS: PriceSource = { source: 'docs.bfl.ai pricing, 1 credit = $0.01', asOf: '2026-11-20' }
const GATEWAY_LIST: PriceSource = { source: 'Vercel AI Gateway price list', asOf: '2026-11-20' }

/** BFL's own skill for coding agents tells how much a further megapixel costs, which the page does not. */
const BY_MEGAPIXEL: PriceSource = {
  source: "docs.bfl.ai pricing and Black Forest Labs' bfl-api skill",
  asOf: '2026-11-20',
}

const perImage = (usd: string, source = CREDITS): Prices => prices(source, each('image', usd))

/**
 * The first megapixel costs more than each further one. As rates that is a
 * price of the picture, which is the difference, and one of every megapixel.
 */
const perMegapixel = (difference: string, further: string): Prices =>
  prices(BY_MEGAPIXEL, each('image', difference), each('megapixel', further))

/** None of BFL's models takes these. */
const NEVER: Capabilities = { negativePrompt: false, lora: false }

const FORMAT = choice('jpeg', 'png', 'webp')

const common = (maxTolerance: number) => ({
  seed: integer(0),
  safety_tolerance: integer(0, maxTolerance),
  output_format: FORMAT,
})

const references = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      index === 0 ? 'input_image' : `input_image_${index + 1}`,
      text('A reference picture, base64 or URL.'),
    ]),
  )

const model = (
  id: string,
  price: Prices | null,
  properties: Parameters<typeof objectSchema>[0],
  more: { capabilities?: Capabilities; limits?: Limits; required?: string[] } = {},
): ModelPatch => ({
  id,
  provider: 'bfl',
  upstreamId: id.replace('bfl/', ''),
  input: ['text', 'image'],
  output: ['image'],
  capabilities: {
    ...NEVER,
    seed: true,
    imageInput: true,
    guidance: false,
    steps: false,
    mask: false,
    ...more.capabilities,
  },
  limits: { images: 1, inputImages: 1, ...more.limits },
  inputs: objectSchema(properties, more.required),
  prices: price,
})

const FIRST_GENERATION = { minSide: 256, maxSide: 1440, sideMultiple: 32 }
/** Any ratio between the first and the last is allowed. */
const RATIOS = ['21:9', '16:9', '3:2', '4:3', '5:4', '1:1', '4:5', '3:4', '2:3', '9:16', '9:21']
/** Width and height may be left out: then the size follows from the prompt and the references. */
const SECOND_GENERATION = { minSide: 64, sideMultiple: 16 }

const RATIOS_OF_FLUX3 = [
  ...['21:9', '2:1', '16:9', '3:2', '7:5', '4:3', '5:4', '1:1'],
  ...['4:5', '3:4', '5:7', '2:3', '9:16', '1:2', '9:21'],
]

/** Strict: a seed, a format or any other field that is not its own is refused. */
const flux3 = (id: string, name: string, usd: string): ModelPatch => ({
  ...model(
    id,
    perImage(usd, GATEWAY_LIST),
    {
      safety_tolerance: integer(0, 4),
      resolution: choice('768sq', '1k', '1.5k', '2k', '4k'),
      grounding: flag(),
    },
    {
      capabilities: { seed: false },
      // A size is told as its ratio and the class of resolution that is nearest.
      limits: { inputImages: 10, aspectRatios: RATIOS_OF_FLUX3, maxPixels: 4096 * 4096 },
    },
  ),
  name,
})

const flux2 = (id: string, price: Prices): ModelPatch =>
  model(id, price, { ...common(5), ...references(8) }, { limits: { ...SECOND_GENERATION, inputImages: 8 } })

const klein = (id: string, price: Prices): ModelPatch =>
  model(id, price, { ...common(5), ...references(4) }, { limits: { ...SECOND_GENERATION, inputImages: 4 } })

const kontext = (id: string, usd: string, replacedBy: string): ModelPatch => ({
  ...model(
    id,
    perImage(usd),
    { ...common(6), ...references(4), aspect_ratio: text('From 3:7 to 7:3.'), prompt_upsampling: flag() },
    { limits: { inputImages: 4 } },
  ),
  lifecycle: deprecated(replacedBy),
})

const FLUX_2_PRO = perMegapixel('0.015', '0.015')
const FLUX_2_KLEIN_9B = perMegapixel('0.013', '0.002')

export const BFL: readonly ModelPatch[] = [
  flux3('flux-3-image', 'FLUX.3 image', '0.048'),
  flux3('flux-3-image-klein', 'FLUX.3 image klein', '0.009'),
  {
    id: 'flux-3-video',
    name: 'FLUX.3 video',
    provider: 'bfl',
    input: ['text', 'image', 'video'],
    output: ['video'],
    capabilities: { ...NEVER, seed: false, guidance: false, steps: false, imageInput: true, mask: false },
    limits: {
      inputImages: 10,
      minSeconds: 5,
      maxSeconds: 20,
      aspectRatios: ['21:9', '2:1', '16:9', '4:3', '1:1', '3:4', '9:16'],
    },
    inputs: objectSchema({
      mode: choice('t2v', 'i2v', 'v2v', 'draft_enhance'),
      resolution: choice('hd', 'fhd'),
      generate_audio: flag(),
      draft: flag(),
      batch: integer(1, 4),
      draft_cache: text('What a draft left behind, base64 or URL: draft_enhance finishes it.'),
      start_video: text('The video that v2v goes on with, base64 or URL.'),
      keyframes: {
        anyOf: [text('One picture.'), { type: 'array', description: 'Pictures, or pairs of seconds and picture.' }],
      },
      safety_tolerance: integer(0, 4),
      version: text(),
    }),
    prices: null,
    timeouts: { totalMs: 1_800_000 },
  },
  flux2('flux-2-pro', FLUX_2_PRO),
  { ...flux2('flux-2-pro-preview', FLUX_2_PRO), prices: null },
  flux2('flux-2-max', perMegapixel('0.04', '0.03')),
  model(
    'flux-2-flex',
    prices(BY_MEGAPIXEL, each('megapixel', '0.05')),
    {
      ...common(5),
      ...references(8),
      prompt_upsampling: flag(),
      guidance: number(1.5, 10),
      steps: integer(1, 50),
    },
    { capabilities: { guidance: true, steps: true }, limits: { ...SECOND_GENERATION, inputImages: 8 } },
  ),
  klein('flux-2-klein-4b', perMegapixel('0.013', '0.001')),
  klein('flux-2-klein-9b', FLUX_2_KLEIN_9B),
  { ...klein('flux-2-klein-9b-preview', FLUX_2_KLEIN_9B), prices: null },
  kontext('flux-kontext-pro', '0.04', 'flux-2-pro'),
  kontext('flux-kontext-max', '0.08', 'flux-2-max'),
  model(
    'flux-pro-1.1',
    perImage('0.04'),
    { ...common(6), image_prompt: text('A picture to be inspired by, base64.'), prompt_upsampling: flag() },
    { limits: FIRST_GENERATION },
  ),
  model(
    'flux-pro-1.1-ultra',
    perImage('0.06'),
    {
      ...common(6),
      raw: flag(),
      image_prompt: text('A picture to be inspired by, base64.'),
      image_prompt_strength: number(0, 1),
      prompt_upsampling: flag(),
    },
    { limits: { aspectRatios: RATIOS } },
  ),
  {
    // fal has the bare name: the image service that Turnout takes the place of knows it there.
    ...model(
      'bfl/flux-dev',
      null,
      {
        ...common(6),
        steps: integer(1, 50),
        guidance: number(1.5, 5),
        image_prompt: text('A picture to be inspired by, base64.'),
        prompt_upsampling: flag(),
      },
      { capabilities: { guidance: true, steps: true }, limits: FIRST_GENERATION },
    ),
    name: 'FLUX.1 [dev]',
    aliases: ['flux.1-dev', 'flux-1-dev'],
  },
  model(
    'flux-pro-1.0-fill',
    perImage('0.05'),
    {
      ...common(6),
      image: text('The picture to edit, base64 or URL.'),
      mask: text('White where it is to be painted.'),
      steps: integer(15, 50),
      guidance: number(1.5, 100),
      prompt_upsampling: flag(),
    },
    { capabilities: { mask: true, guidance: true, steps: true }, required: ['image'] },
  ),
  model(
    'flux-pro-1.0-expand',
    null,
    {
      ...common(6),
      image: text('The picture to extend, base64 or URL.'),
      top: integer(0, 2048),
      bottom: integer(0, 2048),
      left: integer(0, 2048),
      right: integer(0, 2048),
      steps: integer(15, 50),
      guidance: number(1.5, 100),
      prompt_upsampling: flag(),
    },
    { capabilities: { guidance: true, steps: true }, required: ['image'] },
  ),
  model(
    'flux-tools/outpainting-v1',
    null,
    {
      input_image: text('The picture to extend, base64 or URL.'),
      reference_offset_x: { type: 'integer', description: 'Where its left edge is to be; else it is centred.' },
      reference_offset_y: { type: 'integer', description: 'Where its upper edge is to be; else it is centred.' },
      auto_crop: flag(),
      mode: choice('high', 'fast'),
      safety_tolerance: integer(0, 5),
      output_format: FORMAT,
    },
    { capabilities: { seed: false }, limits: SECOND_GENERATION, required: ['input_image'] },
  ),
  model(
    'flux-tools/erase-v1',
    null,
    {
      ...common(5),
      image: text('The picture to take something out of, base64 or URL.'),
      mask: text('White what is to go; of the same size as the picture.'),
      dilate_pixels: integer(0, 25),
    },
    { capabilities: { mask: true }, required: ['image', 'mask'] },
  ),
  model(
    'flux-tools/vto-v1',
    null,
    {
      ...common(5),
      person: text('Who is to wear it, base64 or URL.'),
      garment: text('What is to be worn, base64 or URL.'),
      output_format: choice('jpeg', 'png'),
    },
    { limits: { inputImages: 2 }, required: ['person', 'garment'] },
  ),
]
