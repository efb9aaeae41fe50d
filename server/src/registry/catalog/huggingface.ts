import type { Capabilities, ModelPatch } from '@turnout/contract'
import { integer, objectSchema, text } from './build.ts'

/**
 * A few well-known models of the Inference Providers router. Prices are those
 * of whichever provider the router picks, so none is stated here.
 */

const model = (repository: string, rest: Partial<ModelPatch>): ModelPatch => ({
  id: `huggingface/${repository}`,
  provider: 'huggingface',
  upstreamId: repository,
  input: ['text'],
  prices: null,
  ...rest,
})

const CHAT: Partial<ModelPatch> = { output: ['text'], capabilities: { streaming: true, tools: true, reasoning: true } }

/** Which settings of a sampler are taken depends on the provider that the router picks: those are not said. */
const DRAWS: Capabilities = { lora: false, imageInput: false, mask: false }

const IMAGE: Partial<ModelPatch> = {
  output: ['image'],
  capabilities: DRAWS,
  limits: { images: 1 },
  inputs: objectSchema({ seed: integer(0), scheduler: text() }),
}

export const HUGGINGFACE: readonly ModelPatch[] = [
  model('openai/gpt-oss-120b', { ...CHAT, limits: { contextTokens: 131_072 } }),
  model('openai/gpt-oss-20b', { ...CHAT, limits: { contextTokens: 131_072 } }),
  model('black-forest-labs/FLUX.1-dev', IMAGE),
  model('black-forest-labs/FLUX.1-schnell', IMAGE),
  model('Qwen/Qwen-Image', IMAGE),
  model('stabilityai/stable-diffusion-xl-base-1.0', IMAGE),
]
