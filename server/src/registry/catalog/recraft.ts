import type { ModelPatch } from '@turnout/contract'
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

const INPUTS = objectSchema({
  style: choice('any', 'digital_illustration', 'icon', 'realistic_image', 'vector_illustration', 'logo_raster'),
  substyle: text('A finer style within the style; Recraft lists 104 of them.'),
  style_id: text('Id of a style made with /styles, instead of style and substyle.'),
  creativity: choice('simple', 'standard', 'eccentric'),
  image_format: choice('webp', 'png'),
  controls: objectSchema({
    colors: { type: 'array', items: COLOR },
    background_color: COLOR,
    no_text: flag(),
    artistic_level: integer(0, 5),
  }),
  text_layout: { type: 'array', items: objectSchema({ text: text(), bbox: { type: 'array' } }, ['text', 'bbox']) },
})

const model = (id: string, sizes: string[], promptCharacters: number, usd: string | null): ModelPatch => ({
  id,
  provider: 'recraft',
  input: ['text'],
  output: ['image'],
  capabilities: { seed: true, negativePrompt: true },
  limits: { promptCharacters, sizes, aspectRatios: RATIOS },
  inputs: INPUTS,
  prices: usd === null ? null : prices(PRICE_PAGE, each('image', usd)),
})

const v4 = (id: string, usd: string | null): ModelPatch => model(id, SIZES_V4, 10_000, usd)
const v4pro = (id: string, usd: string | null): ModelPatch => model(id, SIZES_V4_PRO, 10_000, usd)
const older = (id: string, usd: string | null): ModelPatch => model(id, SIZES_V2_V3, 1000, usd)

export const RECRAFT: readonly ModelPatch[] = [
  { ...v4('recraftv4_1', '0.035'), name: 'Recraft V4.1', aliases: ['recraft', 'recraft-v4.1', 'recraft-v4-1'] },
  v4('recraftv4_1_flash', '0.007'),
  v4pro('recraftv4_1_pro', null),
  v4('recraftv4_1_vector', '0.08'),
  v4('recraftv4_1_utility', null),
  { ...v4('recraftv4', '0.04'), name: 'Recraft V4', aliases: ['recraft-v4'] },
  { ...v4pro('recraftv4_pro', '0.25'), name: 'Recraft V4 Pro', aliases: ['recraft-v4-pro'] },
  v4('recraftv4_vector', '0.08'),
  v4pro('recraftv4_pro_vector', '0.30'),
  { ...older('recraftv3', '0.04'), name: 'Recraft V3', aliases: ['recraft-v3'] },
  older('recraftv3_vector', '0.08'),
  { ...older('recraftv2', '0.022'), name: 'Recraft V2', aliases: ['recraft-v2'] },
  { ...older('recraft20b', null), aliases: ['recraft-20b'] },
]
