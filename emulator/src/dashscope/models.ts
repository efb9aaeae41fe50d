import type { Known } from '../openai/models.ts'

export const CHAT: Known = {
  chat: {
    'qwen3-max': { contextTokens: 262_144 },
    'qwen3.5-plus': { contextTokens: 1_000_000 },
    'qwen-plus': { contextTokens: 131_072 },
    'qwen-flash': { contextTokens: 1_000_000 },
    'qwen-turbo': { contextTokens: 131_072 },
    'qwen3-vl-plus': { contextTokens: 262_144 },
  },
  embedding: { 'text-embedding-v4': { dimensions: 1024 } },
}

/** What a picture model takes. */
export interface ImageModel {
  /** Sizes it draws; undefined for any between 512*512 and 2048*2048 pixels in all. */
  sizes?: readonly string[]
  most: number
  /** Pictures to start from: none, some, or at least one. */
  pictures: 'none' | 'some' | 'required'
  /** Answers at once, as a task, or both. */
  calls: readonly ('sync' | 'async')[]
}

const FIVE = ['1664*928', '1472*1104', '1328*1328', '1104*1472', '928*1664']
const FREE: ImageModel = { most: 6, pictures: 'some', calls: ['sync'] }
const PLUS: ImageModel = { sizes: FIVE, most: 1, pictures: 'none', calls: ['sync', 'async'] }
const EDIT: ImageModel = { most: 6, pictures: 'required', calls: ['sync'] }
const WAN: ImageModel = { most: 4, pictures: 'none', calls: ['async'] }

/** Source: Model Studio documentation, Qwen-Image and Wan, to October 2026. */
const IMAGES: Readonly<Record<string, ImageModel>> = {
  'qwen-image-3.0-pro': FREE,
  'qwen-image-3.0': FREE,
  'qwen-image-2.1-pro': FREE,
  'qwen-image-2.0-pro': FREE,
  'qwen-image-2.0': FREE,
  'qwen-image-max': { ...PLUS, calls: ['sync'] },
  'qwen-image-plus': PLUS,
  'qwen-image': PLUS,
  'qwen-image-edit': { ...EDIT, most: 1 },
  'qwen-image-edit-plus': EDIT,
  'qwen-image-edit-max': EDIT,
  'wan2.7-image': { ...FREE, most: 4 },
  'wan2.7-image-pro': { ...FREE, most: 4 },
  'wan2.6-t2i': { ...WAN, calls: ['sync', 'async'] },
  'wan2.5-t2i-preview': WAN,
  'wan2.2-t2i-plus': WAN,
  'wan2.2-t2i-flash': WAN,
}

export function imageModel(id: string, more: readonly string[]): ImageModel | undefined {
  if (more.includes(id)) return { most: 6, pictures: 'some', calls: ['sync', 'async'] }
  return Object.hasOwn(IMAGES, id) ? IMAGES[id] : undefined
}

/** What a video model starts from: a text, a first picture, a first and a last one, or a video to edit. */
export type VideoKind = 't2v' | 'i2v' | 'kf2v' | 'free'

/** The kind of a video model by its name, as Wan's models are named; undefined for what is none. */
export function videoKind(id: string, more: readonly string[]): VideoKind | undefined {
  if (more.includes(id)) return 'free'
  const kind = /^wan(?:x?2\.[1-7]|3\.0)-(t2v|i2v|kf2v|r2v|videoedit)\b/.exec(id)?.[1]
  if (kind === 'r2v' || kind === 'videoedit') return 'free'
  return kind as VideoKind | undefined
}
