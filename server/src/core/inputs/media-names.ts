import type { ReferenceKind } from './types.ts'

type Json = Readonly<Record<string, unknown>>

/** What words in the name of an input say of the file that it names; the last word that says something counts. */
const WORDS: Readonly<Record<string, ReferenceKind>> = {
  image: 'image',
  images: 'image',
  img: 'image',
  photo: 'image',
  picture: 'image',
  mask: 'image',
  face: 'image',
  frame: 'image',
  person: 'image',
  garment: 'image',
  video: 'video',
  videos: 'video',
  clip: 'video',
  audio: 'audio',
  audios: 'audio',
  voice: 'audio',
  speech: 'audio',
  music: 'audio',
  song: 'audio',
  lora: 'weights',
  weights: 'weights',
  safetensors: 'weights',
}

/** These are called by the provider, not read. */
const NO_FILES = /(webhook|callback|redirect|page|site|link)/

const isText = (schema: Json): boolean => schema.type === 'string' && schema.enum === undefined

const holdsText = (schema: Json): boolean =>
  isText(schema) ||
  (schema.type === 'array' && isText((schema.items ?? {}) as Json)) ||
  (Array.isArray(schema.anyOf) && schema.anyOf.some((each) => isText(each as Json)))

/** Some providers take a file as an object with its address: `{url}`, and weights as `{path}`. */
const holdsAddress = (schema: Json): boolean => {
  const { properties } = (schema.type === 'array' ? (schema.items ?? {}) : schema) as { properties?: Json }
  return isText((properties?.url ?? {}) as Json) || isText((properties?.path ?? {}) as Json)
}

/** What file an input names, by its own name; undefined for one that is no file. */
export function mediaKindOf(name: string, schema: Json): ReferenceKind | undefined {
  const addressed = holdsAddress(schema)
  if (!holdsText(schema) && !addressed) return undefined
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
  const isUrl = /^(url|urls|uri|uris)$/.test(words.at(-1) ?? '')
  const format = schema.format === 'uri' || schema.format === 'binary'
  if (NO_FILES.test(name.toLowerCase())) return undefined
  const kind = words.reduceRight<ReferenceKind | undefined>((found, word) => found ?? WORDS[word], undefined)
  if (isUrl || format) return kind ?? 'file'
  if (addressed) return name === 'loras' ? 'weights' : kind
  // Without a word for an address, the name must be that of the file itself.
  return WORDS[words.at(-1) ?? ''] === kind && kind !== 'weights' ? kind : undefined
}

/**
 * Inputs of the providers that have adapters of their own, each for one
 * picture of a call: the adapter finds the field for it.
 */
export const isAdapterPicture = (name: string): boolean =>
  /^(image|images|image_url|image_urls|input_image(_\d+)?|image_prompt|init_image|style_image|person|garment|source_face_url|target_image_url)$/.test(
    name,
  )

export const isAdapterMask = (name: string): boolean => /^(mask|mask_url|mask_image_url)$/.test(name)
