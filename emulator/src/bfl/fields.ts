import type { Shape, Shapes } from '../shape.ts'

const TEXT: Shape = { is: 'string', nullable: true }
const PROMPT: Shape = { is: 'string', required: true }
const FLAG: Shape = { is: 'boolean', nullable: true }
const SIDE: Shape = { is: 'integer', nullable: true, min: 64 }
const FLUX1_SIDE: Shape = { is: 'integer', min: 256, max: 1440 }
const MARGIN: Shape = { is: 'integer', nullable: true, min: 0, max: 2048 }

export const WEBHOOK: Shapes = {
  webhook_url: { is: 'string', nullable: true, min: 1, max: 2083, pattern: /^https?:\/\// },
  webhook_secret: TEXT,
}

const common = (tolerance: number): Shapes => ({
  ...WEBHOOK,
  seed: { is: 'integer', nullable: true },
  safety_tolerance: { is: 'integer', min: 0, max: tolerance },
  output_format: { is: 'string', nullable: true, values: ['jpeg', 'png', 'webp'] },
})

/** `input_image`, `input_image_2` and so on. */
function references(count: number): Shapes {
  const names = Array.from({ length: count }, (_, index) => (index === 0 ? 'input_image' : `input_image_${index + 1}`))
  return Object.fromEntries(names.map((name) => [name, TEXT]))
}

const STEPS: Shape = { is: 'integer', nullable: true, min: 1, max: 50 }
const FLUX1: Shapes = { ...common(6), prompt: TEXT, image_prompt: TEXT, prompt_upsampling: FLAG }
const SIZED: Shapes = { width: FLUX1_SIDE, height: FLUX1_SIDE }
const FLUX2: Shapes = { ...common(5), ...references(8), prompt: PROMPT, width: SIDE, height: SIDE }
const KLEIN: Shapes = { ...common(5), ...references(4), prompt: PROMPT, width: SIDE, height: SIDE }
const KONTEXT: Shapes = {
  ...common(6),
  ...references(4),
  prompt: PROMPT,
  aspect_ratio: TEXT,
  prompt_upsampling: FLAG,
}
const FILL: Shapes = {
  ...common(6),
  image: { is: 'string', required: true },
  prompt: TEXT,
  prompt_upsampling: FLAG,
  steps: { is: 'integer', nullable: true, min: 15, max: 50 },
  guidance: { is: 'number', nullable: true, min: 1.5, max: 100 },
}
const ULTRA: Shapes = {
  ...FLUX1,
  aspect_ratio: { is: 'string' },
  raw: { is: 'boolean' },
  image_prompt_strength: { is: 'number', min: 0, max: 1 },
}
const FINETUNE: Shapes = {
  finetune_id: { is: 'string', required: true },
  finetune_strength: { is: 'number', min: 0, max: 2 },
}
const { raw: _raw, ...FINETUNED_ULTRA } = ULTRA

/** The models of the API's specification of May 2026. Fields beyond these are refused by name. */
export const FIELDS: Readonly<Record<string, Shapes>> = {
  'flux-dev': { ...FLUX1, ...SIZED, steps: STEPS, guidance: { is: 'number', nullable: true, min: 1.5, max: 5 } },
  'flux-pro-1.1': { ...FLUX1, ...SIZED },
  'flux-pro-1.1-ultra': ULTRA,
  'flux-pro-1.1-ultra-finetuned': { ...FINETUNED_ULTRA, ...FINETUNE },
  'flux-pro-1.0-fill': { ...FILL, mask: TEXT },
  'flux-pro-1.0-fill-finetuned': { ...FILL, ...FINETUNE, mask: TEXT },
  'flux-pro-1.0-expand': { ...FILL, top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN },
  'flux-kontext-pro': KONTEXT,
  'flux-kontext-max': KONTEXT,
  'flux-2-pro': FLUX2,
  'flux-2-pro-preview': FLUX2,
  'flux-2-max': FLUX2,
  'flux-2-flex': {
    ...FLUX2,
    prompt_upsampling: FLAG,
    input_image_blob_path: TEXT,
    guidance: { is: 'number', nullable: true, min: 1.5, max: 10 },
    steps: STEPS,
  },
  'flux-2-klein-4b': KLEIN,
  'flux-2-klein-9b': KLEIN,
  'flux-2-klein-9b-preview': KLEIN,
}
