import type { MediaSetting } from '../media.ts'

/** What is known of the models that draw by OpenAI's image endpoints. */
export interface Family {
  /** Settings of a generation. */
  generates: readonly MediaSetting[]
  /** Settings of an edit. */
  edits: readonly MediaSetting[]
  /** Instead of an aspect ratio; absent where a ratio is sent as such. */
  sizes?: readonly string[]
}

const COMMON: readonly MediaSetting[] = ['size', 'aspectRatio', 'quality']

const family = (own: readonly MediaSetting[]): Family => ({
  generates: [...COMMON, ...own],
  edits: [...COMMON, ...own, 'pictures', 'mask'],
})

const GPT_IMAGE: Family = {
  ...family(['background', 'outputFormat']),
  sizes: ['1024x1024', '1536x1024', '1024x1536'],
}

const DALL_E: Family = {
  ...family([]),
  generates: [...COMMON, 'style'],
  sizes: ['1024x1024', '1792x1024', '1024x1792'],
}

/** Of servers that took over the endpoints for models of their own, such as diffusion models on vLLM-Omni. */
const OTHER = family(['background', 'outputFormat', 'style', 'negativePrompt', 'seed', 'guidanceScale', 'steps'])

/** Who is at the other end: OpenAI, which refuses what it does not know, or a server that may know more than it. */
export type Dialect = 'openai' | 'compatible'

/**
 * What a model takes, as far as its name and its server tell. Of a model of
 * another maker nothing is known here, so it gets every setting that such
 * servers have a field for; which of them it lacks is said in its record, by
 * capabilities that are false, and refused before a call is made.
 */
export function familyOf(model: string, dialect: Dialect): Family {
  if (/(^|\/)dall-?e-/.test(model)) return DALL_E
  if (dialect === 'openai' || /(^|\/)(chat)?gpt-image-/.test(model)) return GPT_IMAGE
  return OTHER
}
