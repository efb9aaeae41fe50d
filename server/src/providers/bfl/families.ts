import type { MediaSetting } from '../shared/media.ts'

interface Range {
  min: number
  max: number
}

/** How a family takes the shape of a picture. */
export type Shape =
  /** Width and height; left out, they follow from the prompt and the pictures. */
  | { by: 'pixels'; min: number; max?: number; multiple: number }
  /** An aspect ratio out of a list; `classes` are the sizes in megapixels that its `resolution` names. */
  | { by: 'ratio'; ratios: readonly string[]; classes?: Readonly<Record<string, number>> }
  /** That of the picture that is edited. */
  | { by: 'picture' }

/** What the models of one family take beside the prompt. All else that BFL knows comes from the `inputs` of a call. */
export interface Family {
  /** Endpoints, as they stand behind `/v1/`. */
  models: readonly string[]
  /** False: the tool has a prompt of its own. */
  prompt?: false
  shape: Shape
  /** Field names of the pictures in their order, or one field that takes a list. */
  pictures: readonly string[] | { list: string; most: number }
  /** The pictures may be URLs. */
  links: boolean
  mask?: true
  seed?: false
  steps?: Range
  guidance?: Range
  /** What `output_format` may say; empty where there is no such field. */
  formats: readonly string[]
  /** Field of the weight of the picture: 1 where the call's strength is 0. */
  weight?: string
}

const ALL_FORMATS = ['jpeg', 'png', 'webp']

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? 'input_image' : `input_image_${index + 1}`))

const FIRST_GENERATION: Shape = { by: 'pixels', min: 256, max: 1440, multiple: 32 }
/** No multiple is documented; a multiple of 16 is what FLUX.2 draws in. */
const SECOND_GENERATION: Shape = { by: 'pixels', min: 64, multiple: 16 }
const EDITED: Shape = { by: 'picture' }

/** Any ratio between the first and the last is allowed; sizes go to the usual ones among them. */
const RATIOS = ['21:9', '16:9', '3:2', '4:3', '5:4', '1:1', '4:5', '3:4', '2:3', '9:16', '9:21']

const THIRD_GENERATION: Shape = {
  by: 'ratio',
  ratios: [
    ...['21:9', '2:1', '16:9', '3:2', '7:5', '4:3', '5:4', '1:1'],
    ...['4:5', '3:4', '5:7', '2:3', '9:16', '1:2', '9:21'],
  ],
  classes: { '768sq': 0.59, '1k': 1.05, '1.5k': 2.36, '2k': 4.19, '4k': 16.8 },
}

const flux2 = (models: string[], references: number, more: Partial<Family> = {}): Family => ({
  models,
  shape: SECOND_GENERATION,
  pictures: numbered(references),
  links: true,
  formats: ALL_FORMATS,
  ...more,
})

/** FLUX.1 takes the picture that inspires it as base64 alone. */
const flux1 = (models: string[], more: Partial<Family> = {}): Family => ({
  models,
  shape: FIRST_GENERATION,
  pictures: ['image_prompt'],
  links: false,
  formats: ALL_FORMATS,
  ...more,
})

const edit = (models: string[], more: Partial<Family> = {}): Family => ({
  models,
  shape: EDITED,
  pictures: ['image'],
  links: true,
  formats: ALL_FORMATS,
  ...more,
})

const FILL = { steps: { min: 15, max: 50 }, guidance: { min: 1.5, max: 100 } }

/**
 * Every family of image models, from the newest on.
 * Source: BFL's OpenAPI description of 2026-05-01 for FLUX.1, Kontext and
 * FLUX.2; docs.bfl.ai, read November 2026, for FLUX.3 and the flux-tools.
 */
export const FAMILIES: readonly Family[] = [
  // Strict: any other field, a seed or a format among them, is refused.
  {
    models: ['flux-3-image', 'flux-3-image-klein'],
    shape: THIRD_GENERATION,
    pictures: { list: 'images', most: 10 },
    links: true,
    seed: false,
    formats: [],
  },
  flux2(['flux-2-pro', 'flux-2-pro-preview', 'flux-2-max'], 8),
  flux2(['flux-2-flex'], 8, { steps: { min: 1, max: 50 }, guidance: { min: 1.5, max: 10 } }),
  flux2(['flux-2-klein-4b', 'flux-2-klein-9b', 'flux-2-klein-9b-preview'], 4),
  flux2(['flux-kontext-pro', 'flux-kontext-max'], 4, { shape: { by: 'ratio', ratios: RATIOS } }),
  flux1(['flux-pro-1.1-ultra', 'flux-pro-1.1-ultra-finetuned'], {
    shape: { by: 'ratio', ratios: RATIOS },
    weight: 'image_prompt_strength',
  }),
  flux1(['flux-pro-1.1']),
  flux1(['flux-dev'], { steps: { min: 1, max: 50 }, guidance: { min: 1.5, max: 5 } }),
  edit(['flux-pro-1.0-fill', 'flux-pro-1.0-fill-finetuned'], { ...FILL, mask: true }),
  edit(['flux-pro-1.0-expand'], FILL),
  edit(['flux-tools/outpainting-v1'], { shape: SECOND_GENERATION, pictures: ['input_image'], seed: false }),
  edit(['flux-tools/erase-v1'], { prompt: false, mask: true }),
  edit(['flux-tools/deblur-v1'], { prompt: false }),
  edit(['flux-tools/vto-v1', 'flux-tools/vto-v2'], { pictures: ['person', 'garment'], formats: ['jpeg', 'png'] }),
]

/** A model that is not in the table is called as the latest family with fields of its own for everything. */
const UNKNOWN = flux2([], 8)

const BY_MODEL: ReadonlyMap<string, Family> = new Map(
  FAMILIES.flatMap((family) => family.models.map((model): [string, Family] => [model, family])),
)

/** Names under which the models of FLUX.1 are known elsewhere. */
const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['flux-1-dev', 'flux-dev'],
  ['flux-1.1-pro', 'flux-pro-1.1'],
  ['flux-1.1-pro-ultra', 'flux-pro-1.1-ultra'],
])

/** The first `pro` has gone; its successor stands in. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['flux-pro', 'flux-pro-1.1'],
  ['flux-1-pro', 'flux-pro-1.1'],
  ['flux-pro-1.0', 'flux-pro-1.1'],
])

/**
 * The endpoint and family of a model, whether it is called as BFL does or as
 * `black-forest-labs/FLUX.1-dev`; with a sentence where another one stands in.
 */
export function familyOf(model: string): { endpoint: string; family: Family; warning?: string } {
  const name = model
    .toLowerCase()
    .replace(/^(bfl|black-forest-labs)\//, '')
    .replace(/^flux\.(?=\d)/, 'flux-')
  const successor = REPLACED.get(name)
  const endpoint = successor ?? NICKNAMES.get(name) ?? name
  return {
    endpoint,
    family: BY_MODEL.get(endpoint) ?? UNKNOWN,
    ...(successor && { warning: `${model} is no longer served; ${successor} stands in for it.` }),
  }
}

/** The settings of a call that the family takes. */
export function takenBy(family: Family): MediaSetting[] {
  const taken: MediaSetting[] = ['pictures']
  if (family.shape.by !== 'picture') taken.push('size', 'aspectRatio')
  if (family.seed !== false) taken.push('seed')
  if (family.steps) taken.push('steps')
  if (family.guidance) taken.push('guidanceScale')
  if (family.mask) taken.push('mask')
  if (family.weight) taken.push('strength')
  if (family.formats.length > 0) taken.push('outputFormat')
  return taken
}
