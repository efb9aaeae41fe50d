import type { Capabilities, Limits, ModelPatch } from '@turnout/contract'
import { choice, deprecated, GENAI_PRICES, integer, objectSchema, perMillion, prices, retired } from './build.ts'

/**
 * Lifecycle: OpenAI's deprecations page and the `shutdown_date` of its model list, as of 2026-10-28.
 * Of the models that only the Responses API serves, those with tools of their own
 * (codex and deep research) are left out.
 */

/** From this many input tokens on, long-context rates hold for the whole call. */
const LONG = 271_999

const CHAT: Capabilities = {
  streaming: true,
  tools: true,
  parallelTools: true,
  structuredOutput: true,
  jsonMode: true,
  vision: true,
}

/** A chat model without hidden reasoning: it takes `max_tokens` and sampling settings. */
const plain = (id: string, contextTokens: number, outputTokens: number): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text', 'image'],
  output: ['text'],
  capabilities: { ...CHAT, reasoning: false, temperature: true, seed: true },
  limits: { contextTokens, outputTokens },
})

/** A reasoning model: `max_tokens` is refused with a 400, `max_completion_tokens` is its name for it. */
const reasoning = (id: string, limits: Limits): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text', 'image'],
  output: ['text'],
  capabilities: { ...CHAT, reasoning: true },
  limits,
  flags: { tokenField: 'max_completion_tokens' },
})

/** A pro model thinks in several turns, which only the Responses API has. Not all stream or keep to a schema. */
const pro = (id: string, limits: Limits): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text', 'image'],
  output: ['text'],
  capabilities: { tools: true, vision: true, reasoning: true, temperature: false },
  limits,
  flags: { api: 'responses' },
  timeouts: { firstPartMs: 1_800_000, totalMs: 3_600_000 },
})

const GPT_5: Limits = { contextTokens: 400_000, outputTokens: 128_000 }
const GPT_5_4: Limits = { contextTokens: 1_050_000, outputTokens: 128_000 }
const GPT_6: Limits = { contextTokens: 1_050_000 }

const flat = (input: string, cached: string, output: string) =>
  prices(GENAI_PRICES, perMillion({ input, cached, output }))

/** What OpenAI's images API has never had. */
const NEVER: Capabilities = { negativePrompt: false, guidance: false, steps: false, seed: false, lora: false }

const gone = (id: string, day: string, replacedBy: string, output: 'text' | 'image' = 'text'): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text'],
  output: [output],
  ...(output === 'image' && { capabilities: NEVER }),
  lifecycle: retired(day, replacedBy),
})

const TEXT: ModelPatch[] = [
  {
    ...reasoning('gpt-6-astra', GPT_6),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '10', cached: '1', cacheWrite: '12.5', output: '50' }),
      perMillion({ input: '20', cached: '2', cacheWrite: '25', output: '75' }, LONG),
    ),
  },
  {
    ...reasoning('gpt-6-sol', GPT_6),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '2', cached: '0.2', cacheWrite: '2.5', output: '10' }),
      perMillion({ input: '4', cached: '0.4', cacheWrite: '5', output: '15' }, LONG + 1),
    ),
  },
  {
    ...reasoning('gpt-6-luna', GPT_6),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '0.1', cached: '0.01', cacheWrite: '0.125', output: '0.5' }),
      perMillion({ input: '0.2', cached: '0.02', cacheWrite: '0.25', output: '0.75' }, LONG + 1),
    ),
  },
  { ...reasoning('gpt-6.1-sol', {}), prices: null },
  { ...reasoning('gpt-6.1-terra', GPT_5_4), prices: null },
  {
    ...reasoning('gpt-5.6-sol', GPT_5_4),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '4', cached: '0.4', cacheWrite: '5', output: '20' }),
      perMillion({ input: '8', cached: '0.8', cacheWrite: '10', output: '30' }, LONG),
    ),
  },
  {
    ...reasoning('gpt-5.6-terra', GPT_5_4),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '2', cached: '0.2', cacheWrite: '2.5', output: '12' }),
      perMillion({ input: '4', cached: '0.4', cacheWrite: '5', output: '18' }, LONG),
    ),
  },
  {
    ...reasoning('gpt-5.6-luna', GPT_5_4),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '0.2', cached: '0.02', cacheWrite: '0.25', output: '1.2' }),
      perMillion({ input: '0.4', cached: '0.04', cacheWrite: '0.5', output: '1.8' }, LONG),
    ),
  },
  {
    ...reasoning('gpt-5.5', { contextTokens: 1_000_000, outputTokens: 128_000 }),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '5', cached: '0.5', output: '30' }),
      perMillion({ input: '10', cached: '1', output: '45' }, LONG),
    ),
  },
  {
    ...reasoning('gpt-5.4', GPT_5_4),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '2.5', cached: '0.25', output: '15' }),
      perMillion({ input: '5', cached: '0.5', output: '22.5' }, LONG),
    ),
  },
  { ...reasoning('gpt-5.4-mini', GPT_5), prices: flat('0.75', '0.075', '4.5') },
  { ...reasoning('gpt-5.4-nano', GPT_5), prices: flat('0.2', '0.02', '1.25') },
  { ...reasoning('gpt-5.2', GPT_5), prices: flat('1.75', '0.175', '14') },
  {
    ...reasoning('gpt-5.1', GPT_5),
    prices: flat('1.25', '0.125', '10'),
    lifecycle: deprecated('gpt-5.6-sol', '2027-04-01'),
  },
  {
    ...reasoning('gpt-5', GPT_5),
    prices: flat('1.25', '0.125', '10'),
    lifecycle: deprecated('gpt-5.6-sol', '2026-12-11'),
  },
  {
    ...reasoning('gpt-5-mini', GPT_5),
    prices: flat('0.25', '0.025', '2'),
    lifecycle: deprecated('gpt-5.6-terra', '2026-12-11'),
  },
  {
    ...reasoning('gpt-5-nano', GPT_5),
    prices: flat('0.05', '0.005', '0.4'),
    lifecycle: deprecated('gpt-5.6-luna', '2026-12-11'),
  },
  {
    ...reasoning('o3', { contextTokens: 200_000, outputTokens: 100_000 }),
    capabilities: { ...CHAT, reasoning: true, temperature: false },
    prices: flat('2', '0.5', '8'),
    lifecycle: deprecated('gpt-5.6-sol', '2026-12-11'),
  },
  {
    ...plain('gpt-4o', 128_000, 16_384),
    prices: flat('2.5', '1.25', '10'),
    lifecycle: deprecated('gpt-6-luna', '2027-01-14'),
  },
  {
    ...plain('gpt-4o-mini', 128_000, 16_384),
    prices: flat('0.15', '0.075', '0.6'),
    lifecycle: deprecated('gpt-6-luna', '2027-01-14'),
  },
  {
    ...plain('gpt-4.1', 1_047_576, 32_768),
    prices: flat('2', '0.5', '8'),
    lifecycle: deprecated('gpt-6-luna', '2027-01-14'),
  },
  {
    ...plain('gpt-4.1-mini', 1_047_576, 32_768),
    prices: flat('0.4', '0.1', '1.6'),
    lifecycle: deprecated('gpt-6-luna', '2027-01-14'),
  },
  {
    ...pro('gpt-5.5-pro', { contextTokens: 1_000_000, outputTokens: 128_000 }),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '30', output: '180' }),
      perMillion({ input: '60', output: '270' }, LONG),
    ),
  },
  {
    ...pro('gpt-5.4-pro', GPT_5_4),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '30', output: '180' }),
      perMillion({ input: '60', output: '270' }, LONG),
    ),
  },
  {
    ...pro('gpt-5.2-pro', GPT_5),
    prices: prices(GENAI_PRICES, perMillion({ input: '21', output: '168' })),
  },
  {
    ...pro('gpt-5-pro', { contextTokens: 400_000, outputTokens: 272_000 }),
    prices: prices(GENAI_PRICES, perMillion({ input: '15', output: '120' })),
    lifecycle: deprecated('gpt-5.6-sol', '2026-12-11'),
  },
  {
    ...pro('o3-pro', { contextTokens: 200_000, outputTokens: 100_000 }),
    prices: prices(GENAI_PRICES, perMillion({ input: '20', output: '80' })),
    lifecycle: deprecated('gpt-5.6-sol', '2026-12-11'),
  },
  gone('gpt-4.1-nano', '2026-10-23', 'gpt-5.6-luna'),
  gone('o4-mini', '2026-10-23', 'gpt-5.6-terra'),
  gone('o3-mini', '2026-10-23', 'gpt-5.6-sol'),
  gone('o1', '2026-10-23', 'gpt-5.6-sol'),
  gone('gpt-4-turbo', '2026-10-23', 'gpt-5.6-sol'),
  gone('gpt-4', '2026-10-23', 'gpt-5.6-sol'),
  gone('gpt-3.5-turbo', '2026-10-23', 'gpt-5.6-terra'),
]

const embedding = (id: string, dimensions: number, input: string): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text'],
  output: ['embedding'],
  limits: { contextTokens: 8192, dimensions },
  prices: prices(GENAI_PRICES, perMillion({ input })),
})

const QUALITIES = ['low', 'medium', 'high', 'auto']

const imageInputs = (qualities: string[], formats: string[], more: Parameters<typeof objectSchema>[0] = {}) =>
  objectSchema({
    quality: choice(...qualities),
    output_format: choice(...formats),
    background: choice('transparent', 'opaque', 'auto'),
    output_compression: integer(0, 100),
    moderation: choice('low', 'auto'),
    ...more,
  })

const IMAGE_INPUTS = imageInputs(QUALITIES, ['png', 'jpeg', 'webp'])

/** Pictures of any gpt-image model: base64 only, and `response_format` is refused as an unknown parameter. */
const image = (id: string): ModelPatch => ({
  id,
  provider: 'openai',
  input: ['text', 'image'],
  output: ['image'],
  capabilities: {
    imageInput: true,
    mask: true,
    partialImages: true,
    ...NEVER,
  },
  limits: { promptCharacters: 32_000, images: 10, inputImages: 16 },
  flags: { responseFormat: false },
  timeouts: { firstPartMs: 600_000 },
})

/** gpt-image-2 and later draw any size; above 2560x1440 OpenAI calls it experimental. */
const freeSize = (id: string): ModelPatch => {
  const base = image(id)
  return {
    ...base,
    limits: { ...base.limits, sideMultiple: 16, maxSide: 3840, maxPixels: 3840 * 2160, maxAspect: 3 },
    inputs: IMAGE_INPUTS,
  }
}

const fixedSize = (id: string): ModelPatch => {
  const base = image(id)
  return {
    ...base,
    capabilities: { ...base.capabilities, transparency: true },
    limits: { ...base.limits, sizes: ['1024x1024', '1536x1024', '1024x1536'] },
    inputs: IMAGE_INPUTS,
  }
}

const FINER_QUALITIES = [...QUALITIES, 'xhigh', 'max']

const newer = (id: string): ModelPatch => ({
  ...freeSize(id),
  inputs: imageInputs(FINER_QUALITIES, ['png', 'jpeg', 'webp']),
  prices: prices(
    { source: 'docs.laozhang.ai: same rates as gpt-image-2', asOf: '2026-09-09' },
    perMillion({ input: '5', imageInput: '8', output: '30' }),
  ),
})

const IMAGES: ModelPatch[] = [
  {
    ...freeSize('gpt-image-2.6-sunburst'),
    inputs: imageInputs(FINER_QUALITIES, ['png', 'jpeg', 'webp', 'gif', 'svg'], {
      frame_count: integer(1),
      frame_duration_ms: integer(1),
      complexity: choice('low', 'medium', 'high'),
    }),
    prices: prices(
      { source: 'developers.openai.com model page', asOf: '2026-11-20' },
      perMillion({ input: '5', imageInput: '8', output: '30' }),
    ),
  },
  newer('gpt-image-2.5-sunburst'),
  newer('gpt-image-2.5-flare'),
  {
    ...freeSize('gpt-image-2'),
    prices: prices(GENAI_PRICES, perMillion({ input: '5', imageInput: '8', output: '30' })),
  },
  {
    ...fixedSize('gpt-image-1.5'),
    prices: prices(GENAI_PRICES, perMillion({ input: '5', imageInput: '8', output: '10', imageOutput: '32' })),
    lifecycle: deprecated('gpt-image-2.5-sunburst', '2026-12-01'),
  },
  {
    ...fixedSize('gpt-image-1-mini'),
    prices: prices(GENAI_PRICES, perMillion({ input: '2', imageInput: '2.5', output: '8' })),
    lifecycle: deprecated('gpt-image-2.5-flare', '2026-12-01'),
  },
  {
    ...fixedSize('chatgpt-image-latest'),
    prices: null,
    lifecycle: deprecated('gpt-image-2.5-sunburst', '2026-12-01'),
  },
  gone('gpt-image-1', '2026-10-23', 'gpt-image-2', 'image'),
  { ...gone('dall-e-3', '2026-05-12', 'gpt-image-2', 'image'), name: 'DALL-E 3', aliases: ['dalle-3', 'dalle3'] },
  { ...gone('dall-e-2', '2026-05-12', 'gpt-image-2', 'image'), name: 'DALL-E 2', aliases: ['dalle-2', 'dalle2'] },
]

const VIDEO: ModelPatch[] = [
  {
    id: 'sora-2',
    name: 'Sora 2',
    provider: 'openai',
    description: 'OpenAI closed its video API without a successor.',
    input: ['text', 'image'],
    output: ['video'],
    lifecycle: retired('2026-09-24'),
  },
]

export const OPENAI: readonly ModelPatch[] = [
  ...TEXT,
  embedding('text-embedding-3-small', 1536, '0.02'),
  embedding('text-embedding-3-large', 3072, '0.13'),
  ...IMAGES,
  ...VIDEO,
]
