import type { Shape, Shapes } from '../shape.ts'

const TEXT: Shape = { is: 'string' }
const FLAG: Shape = { is: 'boolean' }
const PROMPT: Shape = { is: 'string', required: true, min: 1 }
const PICTURE: Shape = { is: 'string', required: true }
const choice = (...values: string[]): Shape => ({ is: 'string', values })
const integer = (min: number, max: number): Shape => ({ is: 'integer', min, max })
const number = (min: number, max: number): Shape => ({ is: 'number', min, max })

/** Sizes by their name. Source: fal model pages. */
export const SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  square_hd: [1024, 1024],
  square: [512, 512],
  portrait_4_3: [768, 1024],
  portrait_16_9: [576, 1024],
  landscape_4_3: [1024, 768],
  landscape_16_9: [1024, 576],
}

const SIZE: Shape = {
  is: 'either',
  of: [
    choice(...Object.keys(SIZES), 'auto'),
    { is: 'object', fields: { width: integer(1, 14_142), height: integer(1, 14_142) } },
  ],
}

const COMMON: Shapes = {
  prompt: PROMPT,
  seed: { is: 'integer', nullable: true },
  output_format: choice('jpeg', 'png'),
  sync_mode: FLAG,
}
const COUNTED: Shapes = { ...COMMON, num_images: integer(1, 4) }
const CHECKED: Shapes = { ...COUNTED, enable_safety_checker: FLAG }
const ACCELERATED: Shapes = { acceleration: choice('none', 'regular', 'high') }
const STEERED: Shapes = { num_inference_steps: integer(1, 50), guidance_scale: number(1, 20) }
const LORAS: Shapes = {
  loras: {
    is: 'list',
    items: {
      is: 'object',
      fields: { path: { is: 'string', required: true, min: 1 }, scale: number(0, 4), force: FLAG },
    },
  },
}
const FROM_PICTURE: Shapes = { image_url: PICTURE, strength: number(0, 1), num_inference_steps: integer(10, 50) }

const DEV: Shapes = { ...CHECKED, ...ACCELERATED, ...STEERED, image_size: SIZE }
const LORA: Shapes = { ...CHECKED, ...STEERED, ...LORAS, acceleration: choice('none', 'regular'), image_size: SIZE }
const TOLERANT: Shapes = {
  ...COUNTED,
  safety_tolerance: choice('1', '2', '3', '4', '5', '6'),
  enhance_prompt: FLAG,
}
const RATIO = choice('21:9', '16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16', '9:21')
const KONTEXT: Shapes = { ...TOLERANT, guidance_scale: number(1, 20), aspect_ratio: RATIO }
const FLUX2: Shapes = {
  ...CHECKED,
  ...ACCELERATED,
  ...STEERED,
  image_size: SIZE,
  enable_prompt_expansion: FLAG,
  output_format: choice('jpeg', 'png', 'webp'),
}
const FLUX2_PRO: Shapes = {
  ...COMMON,
  enable_safety_checker: FLAG,
  image_size: SIZE,
  safety_tolerance: choice('1', '2', '3', '4', '5'),
}
const references = (max: number): Shapes => ({ image_urls: { is: 'list', required: true, min: 1, max, items: TEXT } })
const FACE: Shape = { is: 'object', required: true, fields: { url: PICTURE } }
const OTHER_FACE: Shape = { is: 'object', fields: { url: PICTURE } }

/** Endpoints whose fields are checked by name. Source: types of @fal-ai/client 1.10.1; face swaps: fal model pages. */
export const FIELDS: Readonly<Record<string, Shapes>> = {
  'fal-ai/flux/dev': DEV,
  'fal-ai/flux/krea': DEV,
  'fal-ai/flux/schnell': { ...DEV, num_inference_steps: integer(1, 12) },
  'fal-ai/flux/dev/image-to-image': { ...CHECKED, ...ACCELERATED, ...STEERED, ...FROM_PICTURE },
  'fal-ai/flux-lora': LORA,
  'fal-ai/flux-lora/image-to-image': { ...LORA, ...FROM_PICTURE },
  'fal-ai/flux-pro/v1.1': { ...TOLERANT, image_size: SIZE },
  'fal-ai/flux-pro/new': { ...TOLERANT, ...STEERED, image_size: SIZE },
  'fal-ai/flux-pro/v1.1-ultra': {
    ...TOLERANT,
    aspect_ratio: { is: 'string', pattern: /^\d+:\d+$/ },
    image_url: TEXT,
    image_prompt_strength: number(0, 1),
    raw: FLAG,
  },
  'fal-ai/flux-pro/kontext': { ...KONTEXT, image_url: PICTURE },
  'fal-ai/flux-pro/kontext/max': { ...KONTEXT, image_url: PICTURE },
  'fal-ai/flux-pro/kontext/text-to-image': KONTEXT,
  'fal-ai/flux-2': FLUX2,
  'fal-ai/flux-2/lora': { ...FLUX2, ...LORAS },
  'fal-ai/flux-2/edit': { ...FLUX2, ...references(4) },
  'fal-ai/flux-2-pro': FLUX2_PRO,
  'fal-ai/flux-2-pro/edit': { ...FLUX2_PRO, ...references(9) },
  'fal-ai/flux-2-max': FLUX2_PRO,
  'fal-ai/flux-2-flex': { ...FLUX2_PRO, ...STEERED },
  'easel-ai/advanced-face-swap': {
    face_image_0: FACE,
    gender_0: choice('male', 'female', 'non-binary'),
    face_image_1: OTHER_FACE,
    gender_1: choice('male', 'female', 'non-binary'),
    target_image: FACE,
    workflow_type: choice('user_hair', 'target_hair'),
    upscale: FLAG,
  },
  'half-moon-ai/ai-face-swap/faceswapimage': { source_face_url: PICTURE, target_image_url: PICTURE },
  'fal-ai/face-swap': { base_image_url: PICTURE, swap_image_url: PICTURE },
}

/** Fields that name pictures. */
export const PICTURE_FIELDS: readonly string[] = [
  'image_url',
  'target_image_url',
  'base_image_url',
  'source_face_url',
  'swap_image_url',
]
