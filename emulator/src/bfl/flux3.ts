import { valueDetail } from '../media/pydantic.ts'
import type { Shape, Shapes } from '../shape.ts'
import type { JsonObject } from '../types.ts'
import { invalid } from './errors.ts'
import { WEBHOOK } from './fields.ts'

const PROMPT: Shape = { is: 'string', required: true, min: 1 }
const TEXT: Shape = { is: 'string' }
const TOLERANCE: Shape = { is: 'integer', min: 0, max: 4 }
const choice = (...values: string[]): Shape => ({ is: 'string', values })

/** Source: docs.bfl.ai, FLUX 3 Image, October 2026, as its users describe it: no seed, no size, no format. */
export const FLUX3_IMAGE: Shapes = {
  ...WEBHOOK,
  prompt: PROMPT,
  images: { is: 'list', max: 10, items: TEXT },
  aspect_ratio: choice(
    'auto',
    '21:9',
    '2:1',
    '16:9',
    '3:2',
    '7:5',
    '4:3',
    '5:4',
    '1:1',
    '4:5',
    '3:4',
    '5:7',
    '2:3',
    '9:16',
    '1:2',
    '9:21',
  ),
  resolution: choice('768sq', '1k', '1.5k', '2k', '4k'),
  safety_tolerance: TOLERANCE,
  grounding: { is: 'boolean' },
}

/** Pixels of a picture by its class of resolution. */
export const PIXELS: Readonly<Record<string, number>> = {
  '768sq': 768 ** 2,
  '1k': 1024 ** 2,
  '1.5k': 1536 ** 2,
  '2k': 2048 ** 2,
  '4k': 4096 ** 2,
}

const VIDEO: Shapes = {
  ...WEBHOOK,
  mode: { is: 'string', required: true },
  prompt: PROMPT,
  aspect_ratio: choice('auto', '21:9', '2:1', '16:9', '4:3', '1:1', '3:4', '9:16'),
  resolution: choice('hd', 'fhd'),
  duration: { is: 'either', of: [{ is: 'integer', min: 5, max: 20 }, choice('auto')] },
  generate_audio: { is: 'boolean' },
  safety_tolerance: TOLERANCE,
  draft: { is: 'boolean' },
  batch: { is: 'integer', min: 1, max: 4 },
}

/** One picture, or several, each alone or in a pair with its second. Source: docs.bfl.ai, FLUX 3 Video, November 2026. */
const KEYFRAMES: Shape = {
  is: 'either',
  required: true,
  of: [
    PROMPT,
    {
      is: 'list',
      min: 1,
      max: 10,
      items: { is: 'either', of: [TEXT, { is: 'list', min: 2, max: 2, items: { is: 'any' } }] },
    },
  ],
}

const MODES: Readonly<Record<string, Shapes>> = {
  t2v: VIDEO,
  i2v: { ...VIDEO, keyframes: KEYFRAMES },
  v2v: { ...VIDEO, start_video: { is: 'string', required: true } },
  draft_enhance: {
    ...WEBHOOK,
    mode: { is: 'string', required: true },
    draft_cache: { is: 'string', required: true },
    prompt: TEXT,
    resolution: choice('hd', 'fhd'),
  },
}

/**
 * Fields of FLUX 3 Video by their mode.
 *
 * @throws Refusal for another mode
 */
export function videoFields({ mode }: JsonObject): Shapes {
  const fields = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
  if (fields) return fields
  throw invalid(valueDetail('mode', `the mode must be one of ${Object.keys(MODES).join(', ')}`, mode ?? null))
}
