import type { Shape, Shapes } from '../shape.ts'

const FLAG: Shape = { is: 'boolean' }
const TEXT: Shape = { is: 'string' }
const NEGATIVE: Shape = { is: 'string', max: 500 }
const SIZE: Shape = { is: 'string', pattern: /^\d{2,4}\*\d{2,4}$/ }
const SEED: Shape = { is: 'integer', min: 0, max: 2_147_483_647 }

const MODEL: Shapes = { model: { is: 'string', required: true } }

const IMAGE_PARAMETERS: Shapes = {
  size: SIZE,
  n: { is: 'integer', min: 1, max: 6 },
  negative_prompt: NEGATIVE,
  prompt_extend: FLAG,
  watermark: FLAG,
  seed: SEED,
}

/** A message's content: any number of pictures and one text, each an object of its own. */
const PART: Shape = { is: 'union', of: { text: TEXT, image: TEXT } }

/** `multimodal-generation/generation` */
export const MULTIMODAL: Shapes = {
  ...MODEL,
  input: {
    is: 'object',
    required: true,
    fields: {
      messages: {
        is: 'list',
        required: true,
        min: 1,
        max: 1,
        items: {
          is: 'object',
          fields: {
            role: { is: 'string', required: true, values: ['user'] },
            content: { is: 'list', required: true, min: 1, items: PART },
          },
        },
      },
    },
  },
  parameters: { is: 'object', fields: IMAGE_PARAMETERS },
}

/** `text2image/image-synthesis` */
export const SYNTHESIS: Shapes = {
  ...MODEL,
  input: {
    is: 'object',
    required: true,
    fields: { prompt: { is: 'string', required: true, min: 1 }, negative_prompt: NEGATIVE },
  },
  parameters: { is: 'object', fields: IMAGE_PARAMETERS },
}

const MEDIA: Shape = {
  is: 'list',
  items: { is: 'object', fields: { type: { is: 'string', required: true }, url: { is: 'string', required: true } } },
}

/** `video-generation/video-synthesis` and `image2video/video-synthesis`; older models say `size`, newer ones a tier. */
export const VIDEO: Shapes = {
  ...MODEL,
  input: {
    is: 'object',
    required: true,
    fields: {
      prompt: { is: 'string', min: 1 },
      negative_prompt: NEGATIVE,
      img_url: TEXT,
      first_frame_url: TEXT,
      last_frame_url: TEXT,
      audio_url: TEXT,
      template: TEXT,
      media: MEDIA,
    },
  },
  parameters: {
    is: 'object',
    fields: {
      size: SIZE,
      resolution: { is: 'string', values: ['480P', '720P', '1080P'] },
      ratio: { is: 'string', values: ['16:9', '9:16', '1:1', '4:3', '3:4'] },
      duration: { is: 'integer', min: 2, max: 30 },
      prompt_extend: FLAG,
      watermark: FLAG,
      audio: FLAG,
      shot_type: { is: 'string', values: ['single', 'multi'] },
      seed: SEED,
    },
  },
}
