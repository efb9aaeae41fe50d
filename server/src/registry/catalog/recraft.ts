import type { Capabilities, ModelPatch } from '@turnout/contract'
import { choice, each, flag, integer, objectSchema, type PriceSource, prices, text } from './build.ts'

/** Sizes, styles and fields: Recraft's OpenAPI description of 2026-08-22. */

const PRICE_PAGE: PriceSource = { source: 'recraft.ai/docs pricing, 1,000 units = $1', asOf: '2026-11-20' }

const RATIOS = '1:1 2:1 1:2 3:2 2:3 4:3 3:4 5:4 4:5 6:10 14:10 10:14 16:9 9:16'.split(' ')

const SIZES_V2_V3 = [
  '1024x1024 1365x1024 1024x1365 1536x1024 1024x1536 1820x1024 1024x1820 1024x2048 2048x1024',
  '1434x1024 1024x1434 1024x1280 1280x1024 1024x1707 1707x1024',
].flatMap((line) => line.split(' '))

const SIZES_V4 = [
  '1024x1024 1216x896 896x1216 1280x832 832x1280 1152x896 896x1152 1280x896 896x1280',
  '832x1344 768x1344 1344x768 768x1536 1536x768',
].flatMap((line) => line.split(' '))

/** The pro models draw the same shapes with twice the side. */
const SIZES_V4_PRO = SIZES_V4.map((size) =>
  size
    .split('x')
    .map((side) => Number(side) * 2)
    .join('x'),
)

const COLOR = objectSchema({ rgb: { type: 'array', items: integer(0, 255), minItems: 3, maxItems: 3 } }, ['rgb'])

const OWN = {
  style_id: text('Id of a style made with /styles.'),
  creativity: choice('simple', 'standard', 'eccentric'),
  image_format: choice('webp', 'png'),
  controls: objectSchema({
    colors: { type: 'array', items: COLOR },
    background_color: COLOR,
    no_text: flag(),
    artistic_level: integer(0, 5),
  }),
  text_layout: { type: 'array', items: objectSchema({ text: text(), bbox: { type: 'array' } }, ['text', 'bbox']) },
}

/** Styles have names up to V3; V4 knows those alone that were made with /styles. */
const NAMED_STYLES = {
  // No bare choice: the style of a request may bring its substyle along, or be an id, and is not held against these.
  style: {
    anyOf: [choice('any', 'digital_illustration', 'icon', 'realistic_image', 'vector_illustration', 'logo_raster')],
  },
  substyle: text('A finer style within the style; Recraft lists 104 of them.'),
}

interface Generation {
  sizes: string[]
  promptCharacters: number
  inputs: ModelPatch['inputs']
  /** `mask` is absent where it is not known: Recraft's pages show painting within a mask by V3 alone. */
  capabilities: Capabilities
}

const OLDER: Generation = {
  sizes: SIZES_V2_V3,
  promptCharacters: 1000,
  inputs: objectSchema({ ...NAMED_STYLES, ...OWN }),
  capabilities: { negativePrompt: true, mask: true },
}
const FOURTH: Generation = {
  sizes: SIZES_V4,
  promptCharacters: 10_000,
  inputs: objectSchema(OWN),
  capabilities: { negativePrompt: false },
}
const FOURTH_PRO: Generation = { ...FOURTH, sizes: SIZES_V4_PRO }

const model =
  ({ sizes, promptCharacters, inputs, capabilities }: Generation) =>
  (id: string, usd: string | null): ModelPatch => ({
    id,
    provider: 'recraft',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { seed: true, imageInput: true, guidance: false, steps: false, lora: false, ...capabilities },
    limits: { promptCharacters, images: 6, inputImages: 1, sizes, aspectRatios: RATIOS },
    inputs,
    prices: usd === null ? null : prices(PRICE_PAGE, each('image', usd)),
  })

const v4 = model(FOURTH)
const v4pro = model(FOURTH_PRO)
const older = model(OLDER)

export const RECRAFT: readonly ModelPatch[] = [
  { ...v4('recraftv4_1', '0.035'), name: 'Recraft V4.1', aliases: ['recraft', 'recraft-v4.1', 'recraft-v4-1'] },
  v4('recraftv4_1_flash', '0.007'),
  v4pro('recraftv4_1_pro', '0.21'),
  v4('recraftv4_1_vector', '0.08'),
  v4pro('recraftv4_1_pro_vector', '0.30'),
  v4('recraftv4_1_utility', '0.035'),
  v4('recraftv4_1_utility_vector', '0.08'),
  v4pro('recraftv4_1_utility_pro', '0.21'),
  { ...v4('recraftv4', '0.04'), name: 'Recraft V4', aliases: ['recraft-v4'] },
  { ...v4pro('recraftv4_pro', '0.25'), name: 'Recraft V4 Pro', aliases: ['recraft-v4-pro'] },
  v4('recraftv4_vector', '0.08'),
  v4pro('recraftv4_pro_vector', '0.30'),
  { ...older('recraftv3', '0.04'), name: 'Recraft V3', aliases: ['recraft-v3'] },
  older('recraftv3_vector', '0.08'),
  { ...older('recraftv2', '0.022'), name: 'Recraft V2', aliases: ['recraft-v2'] },
  { ...older('recraft20b', null), aliases: ['recraft-20b'] },
]
