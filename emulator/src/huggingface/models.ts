import type { Known } from '../openai/models.ts'

/** How one provider serves a model. */
export interface Mapped {
  /** The model's id at that provider. */
  providerId: string
  task: 'conversational' | 'text-to-image' | 'image-to-image' | 'text-to-video'
  status: 'live' | 'staging' | 'error'
}

type Mapping = Readonly<Record<string, Mapped>>

const chat = (providerId: string): Mapped => ({ providerId, task: 'conversational', status: 'live' })
const draws = (providerId: string): Mapped => ({ providerId, task: 'text-to-image', status: 'live' })
const films = (providerId: string): Mapped => ({ providerId, task: 'text-to-video', status: 'live' })

/** Models of the hub by id, with who serves them. */
export const MODELS: Readonly<Record<string, Mapping>> = {
  'openai/gpt-oss-120b': { groq: chat('openai/gpt-oss-120b'), together: chat('openai/gpt-oss-120b') },
  'openai/gpt-oss-20b': { groq: chat('openai/gpt-oss-20b'), together: chat('openai/gpt-oss-20b') },
  'meta-llama/Llama-3.3-70B-Instruct': {
    groq: chat('llama-3.3-70b-versatile'),
    novita: chat('meta-llama/llama-3.3-70b-instruct'),
  },
  'Qwen/Qwen3-235B-A22B-Instruct-2507': { together: chat('Qwen/Qwen3-235B-A22B-Instruct-2507-tput') },
  'black-forest-labs/FLUX.1-schnell': {
    'hf-inference': draws('black-forest-labs/FLUX.1-schnell'),
    'fal-ai': draws('fal-ai/flux/schnell'),
    nscale: draws('black-forest-labs/FLUX.1-schnell'),
    together: draws('black-forest-labs/FLUX.1-schnell'),
  },
  'black-forest-labs/FLUX.1-dev': {
    'fal-ai': draws('fal-ai/flux/dev'),
    together: draws('black-forest-labs/FLUX.1-dev'),
  },
  'stabilityai/stable-diffusion-xl-base-1.0': {
    'hf-inference': draws('stabilityai/stable-diffusion-xl-base-1.0'),
    nscale: draws('stabilityai/stable-diffusion-xl-base-1.0'),
  },
  'Qwen/Qwen-Image': { 'fal-ai': draws('fal-ai/qwen-image') },
  'Wan-AI/Wan2.2-T2V-A14B': { 'fal-ai': films('fal-ai/wan/v2.2-a14b/text-to-video') },
}

/** Routes behind a model's name, beside the names of the providers. */
export const POLICIES: readonly string[] = ['fastest', 'cheapest', 'preferred']

/** Providers whose images come from an OpenAI-like endpoint. */
export const IMAGE_PROVIDERS: readonly string[] = ['together', 'nscale', 'novita', 'deepinfra', 'ovhcloud', 'scaleway']

export function mappingOf(id: string): Mapping | undefined {
  return Object.hasOwn(MODELS, id) ? MODELS[id] : undefined
}

const isChat = (mapping: Mapping): boolean => Object.values(mapping).some(({ task }) => task === 'conversational')

/** Ids of the models that talk. */
export const CHAT_IDS: readonly string[] = Object.entries(MODELS).flatMap(([id, mapping]) =>
  isChat(mapping) ? [id] : [],
)

export const CHAT: Known = {
  chat: Object.fromEntries(CHAT_IDS.map((id) => [id, { contextTokens: 131_072 }])),
}
