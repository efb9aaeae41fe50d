import { memoised } from '../../lib/memoised.ts'
import type { MediaSetting } from '../shared/media.ts'

/**
 * One endpoint of Stability's stable-image API and what it takes; its own
 * fields beside that come from the `inputs` of the call.
 * Source: Stability AI REST API reference (v2beta), read November 2026.
 */
export interface Service {
  path: string
  /** Value of the field `model`, where one endpoint serves several. */
  model?: string
  /** Settings of the call that it takes. */
  takes: readonly MediaSetting[]
  /** Whether it takes a prompt at all. */
  prompt: boolean
  /** Field names of the pictures, in the order of the request. */
  pictures: readonly string[]
  /** Whether a picture needs a strength beside it. */
  needsStrength?: boolean
  /** sd3 alone wants to be told in `mode` what it is to do, and takes no shape beside a picture. */
  modes?: boolean
}

const GENERATE: readonly MediaSetting[] = ['negativePrompt', 'size', 'aspectRatio', 'seed', 'style', 'outputFormat']
const FROM_PICTURE: readonly MediaSetting[] = [...GENERATE, 'pictures', 'strength']
const EDIT: readonly MediaSetting[] = ['negativePrompt', 'seed', 'style', 'outputFormat', 'pictures']

const edit = (path: string, takes: readonly MediaSetting[] = EDIT, more: Partial<Service> = {}): Service => ({
  path,
  takes,
  prompt: true,
  pictures: ['image'],
  ...more,
})

/** What `inputs.operation` may name: the services that change a picture and answer at once. */
export const OPERATIONS: Readonly<Record<string, Service>> = {
  erase: edit('edit/erase', ['seed', 'outputFormat', 'pictures', 'mask'], { prompt: false }),
  inpaint: edit('edit/inpaint', [...EDIT, 'mask']),
  outpaint: edit('edit/outpaint', ['seed', 'style', 'outputFormat', 'pictures']),
  'search-and-replace': edit('edit/search-and-replace'),
  'search-and-recolor': edit('edit/search-and-recolor'),
  'remove-background': edit('edit/remove-background', ['outputFormat', 'pictures'], { prompt: false }),
  sketch: edit('control/sketch'),
  structure: edit('control/structure'),
  style: edit('control/style', [...EDIT, 'size', 'aspectRatio']),
  'style-transfer': edit('control/style-transfer', ['negativePrompt', 'seed', 'outputFormat', 'pictures'], {
    pictures: ['init_image', 'style_image'],
  }),
  'fast-upscale': edit('upscale/fast', ['outputFormat', 'pictures'], { prompt: false }),
  'conservative-upscale': edit('upscale/conservative', ['negativePrompt', 'seed', 'outputFormat', 'pictures']),
}

/** The service of a model: `core`, `ultra`, or `sd3` for everything else, which names its model itself. */
export const serviceOf = memoised((model): Service => {
  const name = model.replace(/^stable-image-/, '')
  if (name === 'core') return { path: 'generate/core', takes: GENERATE, prompt: true, pictures: [] }
  const fromPicture = { prompt: true, pictures: ['image'], needsStrength: true }
  if (name === 'ultra') return { path: 'generate/ultra', takes: FROM_PICTURE, ...fromPicture }
  return { path: 'generate/sd3', model, takes: [...FROM_PICTURE, 'guidanceScale'], modes: true, ...fromPicture }
})

export const ASPECT_RATIOS = ['21:9', '16:9', '3:2', '5:4', '1:1', '4:5', '2:3', '9:16', '9:21'] as const

export const STYLES: ReadonlySet<string> = new Set(
  (
    'enhance anime photographic digital-art comic-book fantasy-art line-art analog-film neon-punk isometric ' +
    'low-poly origami modeling-compound cinematic 3d-model pixel-art tile-texture'
  ).split(' '),
)
