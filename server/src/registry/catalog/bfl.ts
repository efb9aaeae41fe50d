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
 * Black Forest Labs' own API, fields from its OpenAPI description of
 * 2026-05-01. Each answer says what it cost; these prices are for estimates.
 */

const CREDITS: PriceSource = { source: 'docs.bfl.ai pricing, 1 credit = $0.01', asOf: '2026-11-20' }
const GATEWAY_LIST: PriceSource = { source: 'Vercel AI Gateway price list', asOf: '2026-11-20' }

const perImage = (usd: string, source = CREDITS): Prices => prices(source, each('image', usd))

const common = (maxTolerance: number) => ({
  seed: integer(0),
  safety_tolerance: integer(0, maxTolerance),
  output_format: choice('jpeg', 'png', 'webp'),
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
  capabilities: { seed: true, imageInput: true, ...more.capabilities },
  limits: { images: 1, ...more.limits },
  inputs: objectSchema(properties, more.required),
  prices: price,
})

const FIRST_GENERATION = { minSide: 256, maxSide: 1440, sideMultiple: 32 }
const RATIOS = ['21:9', '16:9', '3:2', '4:3', '1:1', '3:4', '2:3', '9:16', '9:21']

/** Width and height may be left out: then the size follows from the prompt and the references. */
const flux2 = (id: string, price: Prices): ModelPatch =>
  model(id, price, { ...common(5), ...references(8) }, { limits: { minSide: 64, inputImages: 8 } })

const klein = (id: string, usd: string): ModelPatch =>
  model(id, perImage(usd), { ...common(5), ...references(4) }, { limits: { minSide: 64, inputImages: 4 } })

const kontext = (id: string, usd: string, replacedBy: string): ModelPatch => ({
  ...model(
    id,
    perImage(usd),
    { ...common(6), ...references(4), aspect_ratio: text('From 3:7 to 7:3.'), prompt_upsampling: flag() },
    { limits: { inputImages: 4 } },
  ),
  lifecycle: deprecated(replacedBy),
})

/** The first megapixel costs 3 cents and each further one 1.5. */
const FLUX_2_PRO = prices(CREDITS, each('image', '0.015'), each('megapixel', '0.015'))

export const BFL: readonly ModelPatch[] = [
  {
    id: 'flux-3-image',
    name: 'FLUX.3 image',
    provider: 'bfl',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { imageInput: true },
    limits: { inputImages: 10 },
    prices: perImage('0.048', GATEWAY_LIST),
  },
  {
    id: 'flux-3-image-klein',
    name: 'FLUX.3 image klein',
    provider: 'bfl',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { imageInput: true },
    limits: { inputImages: 10 },
    prices: perImage('0.009', GATEWAY_LIST),
  },
  {
    id: 'flux-3-video',
    name: 'FLUX.3 video',
    provider: 'bfl',
    input: ['text', 'image', 'video'],
    output: ['video'],
    limits: {
      minSeconds: 5,
      maxSeconds: 20,
      aspectRatios: ['21:9', '2:1', '16:9', '4:3', '1:1', '3:4', '9:16'],
    },
    inputs: objectSchema({
      mode: choice('t2v', 'i2v', 'v2v', 'draft_enhance'),
      resolution: choice('hd', 'fhd'),
      generate_audio: flag(),
    }),
    prices: null,
  },
  flux2('flux-2-pro', FLUX_2_PRO),
  { ...flux2('flux-2-pro-preview', FLUX_2_PRO), prices: null },
  flux2('flux-2-max', perImage('0.07')),
  model(
    'flux-2-flex',
    perImage('0.05'),
    {
      ...common(5),
      ...references(8),
      prompt_upsampling: flag(),
      guidance: number(1.5, 10),
      steps: integer(1, 50),
    },
    { capabilities: { guidance: true, steps: true }, limits: { minSide: 64, inputImages: 8 } },
  ),
  klein('flux-2-klein-4b', '0.014'),
  klein('flux-2-klein-9b', '0.015'),
  { ...klein('flux-2-klein-9b-preview', '0.015'), prices: null },
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
    },
    { capabilities: { guidance: true, steps: true }, required: ['image'] },
  ),
]
