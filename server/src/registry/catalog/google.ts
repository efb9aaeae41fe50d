import type { Capabilities, ModelPatch } from '@turnout/contract'
import {
  choice,
  deprecated,
  each,
  GENAI_PRICES,
  objectSchema,
  type PriceSource,
  perMillion,
  prices,
  retired,
} from './build.ts'

/** Lifecycle: the Gemini API's deprecations page, as of 2026-11-10. */

const CHAT: Capabilities = {
  streaming: true,
  tools: true,
  structuredOutput: true,
  jsonMode: true,
  vision: true,
  reasoning: true,
  temperature: true,
}

const chat = (id: string, contextTokens?: number): ModelPatch => ({
  id,
  provider: 'google',
  input: ['text', 'image', 'audio', 'video'],
  output: ['text'],
  capabilities: CHAT,
  ...(contextTokens && { limits: { contextTokens } }),
})

const flat = (input: string, cached: string, output: string) =>
  prices(GENAI_PRICES, perMillion({ input, cached, output }))

/** Google doubles the rates of these models in 2027. */
const flash = prices(
  GENAI_PRICES,
  perMillion({ input: '0.75', cached: '0.075', output: '3.75' }),
  perMillion({ input: '1.5', cached: '0.15', output: '7.5' }).map((rate) => ({ ...rate, from: '2027-01-01' })),
)

const tieredPro = prices(
  GENAI_PRICES,
  perMillion({ input: '2', cached: '0.2', output: '12' }),
  perMillion({ input: '4', cached: '0.4', output: '18' }, 200_000),
)

const TEXT: ModelPatch[] = [
  {
    ...chat('gemini-4-argon', 1_048_576),
    limits: { contextTokens: 1_048_576, outputTokens: 65_536 },
    prices: null,
  },
  { ...chat('gemini-3.8-flash', 1_000_000), prices: flash },
  { ...chat('gemini-3.7-flash', 1_000_000), prices: flash },
  { ...chat('gemini-3.6-flash', 1_000_000), prices: flash },
  {
    ...chat('gemini-3.5-flash', 1_000_000),
    prices: flat('1.5', '0.15', '9'),
    lifecycle: deprecated('gemini-3.6-flash'),
  },
  { ...chat('gemini-3.5-flash-lite', 1_000_000), prices: flat('0.3', '0.03', '2.5') },
  { ...chat('gemini-3.1-pro-preview'), prices: tieredPro },
  {
    ...chat('gemini-3.1-flash-lite', 1_000_000),
    prices: flat('0.25', '0.025', '1.5'),
    lifecycle: deprecated('gemini-3.5-flash-lite', '2027-05-07'),
  },
  { ...chat('gemini-2.5-flash-lite', 1_000_000), prices: flat('0.1', '0.01', '0.4') },
  {
    ...chat('gemini-2.5-pro'),
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '1.25', cached: '0.125', output: '10' }),
      perMillion({ input: '2.5', cached: '0.25', output: '15' }, 200_000),
    ),
    lifecycle: deprecated('gemini-3.8-flash', '2026-12-01'),
  },
  {
    ...chat('gemini-2.5-flash', 1_048_576),
    prices: flat('0.3', '0.03', '2.5'),
    lifecycle: deprecated('gemini-3.5-flash-lite', '2026-12-01'),
  },
  { ...chat('gemini-3-pro-preview'), lifecycle: retired('2026-03-09', 'gemini-3.1-pro-preview') },
  { ...chat('gemini-2.0-flash', 1_000_000), lifecycle: retired('2026-06-01', 'gemini-3.5-flash-lite') },
]

const EMBEDDINGS: ModelPatch[] = [
  {
    id: 'gemini-embedding-001',
    provider: 'google',
    input: ['text'],
    output: ['embedding'],
    prices: prices(GENAI_PRICES, perMillion({ input: '0.15' })),
  },
  {
    id: 'gemini-embedding-2',
    provider: 'google',
    input: ['text', 'image', 'audio', 'video'],
    output: ['embedding'],
    limits: { contextTokens: 8192 },
    prices: prices(GENAI_PRICES, perMillion({ input: '0.2', imageInput: '0.45' })),
  },
]

const TEN_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']

/** What generateContent knows of pictures: references and a seed. */
const DRAWS: Capabilities = {
  seed: true,
  imageInput: true,
  mask: false,
  negativePrompt: false,
  guidance: false,
  steps: false,
  lora: false,
}

/** Draws one picture per call; the sizes are classes (`imageSize`), not pixels. */
const image = (id: string, imageSizes: string[]): ModelPatch => ({
  id,
  provider: 'google',
  input: ['text', 'image'],
  output: ['image', 'text'],
  capabilities: DRAWS,
  limits: { images: 1, aspectRatios: TEN_RATIOS },
  inputs: objectSchema({ imageSize: choice(...imageSizes) }),
})

const PRICING_PAGE: PriceSource = { source: 'ai.google.dev/gemini-api/docs/pricing', asOf: '2026-11-20' }

const goneImage = (id: string, day: string, replacedBy: string): ModelPatch => ({
  id,
  provider: 'google',
  input: ['text', 'image'],
  output: ['image', 'text'],
  capabilities: DRAWS,
  lifecycle: retired(day, replacedBy),
})

const IMAGES: ModelPatch[] = [
  {
    ...image('gemini-nano-banana-2.1', ['1K', '2K', '4K']),
    name: 'Nano Banana 2.1',
    aliases: ['nano-banana', 'nano-banana-2.1'],
    limits: { images: 1, aspectRatios: [...TEN_RATIOS, '1:4', '1:8', '4:1', '8:1'] },
    prices: prices(PRICING_PAGE, perMillion({ input: '1.5', output: '7.5', imageOutput: '30' })),
  },
  {
    ...image('gemini-3-pro-image', ['1K', '2K', '4K']),
    name: 'Nano Banana Pro',
    aliases: ['nano-banana-pro'],
    prices: prices(PRICING_PAGE, perMillion({ input: '2', output: '12', imageOutput: '120' })),
  },
  {
    ...image('gemini-3.1-flash-lite-image', ['1K']),
    prices: prices(GENAI_PRICES, perMillion({ input: '0.25', output: '1.5', imageOutput: '30' })),
  },
  goneImage('gemini-3.1-flash-image', '2026-10-29', 'gemini-nano-banana-2.1'),
  goneImage('gemini-2.5-flash-image', '2026-10-02', 'gemini-nano-banana-2.1'),
  goneImage('gemini-3-pro-image-preview', '2026-06-25', 'gemini-3-pro-image'),
  goneImage('gemini-3.1-flash-image-preview', '2026-06-25', 'gemini-nano-banana-2.1'),
  // The exact day of this id is not known; it is that of the whole 2.0 family.
  goneImage('gemini-2.0-flash-exp-image-generation', '2026-06-01', 'gemini-nano-banana-2.1'),
]

const IMAGEN_RATIOS = ['1:1', '3:4', '4:3', '9:16', '16:9']

/** Served by `:predict`, now a compatibility path only; a seed and a negative prompt are Vertex AI's alone. */
const imagen = (id: string, day: string, aliases: string[], replacedBy: string): ModelPatch => ({
  id,
  aliases,
  provider: 'google',
  input: ['text'],
  output: ['image'],
  capabilities: { ...DRAWS, seed: false, imageInput: false },
  limits: { images: 4, aspectRatios: IMAGEN_RATIOS },
  lifecycle: retired(day, replacedBy),
})

const LEGACY: ModelPatch[] = [
  imagen('imagen-4.0-generate-001', '2026-08-17', ['imagen-4', 'imagen-4.0'], 'gemini-nano-banana-2.1'),
  imagen('imagen-4.0-ultra-generate-001', '2026-08-17', ['imagen-4-ultra'], 'gemini-3-pro-image'),
  imagen('imagen-4.0-fast-generate-001', '2026-08-17', ['imagen-4-fast'], 'gemini-3.1-flash-lite-image'),
  imagen('imagen-3.0-generate-002', '2025-11-10', ['imagen-3', 'imagen-3.0'], 'gemini-nano-banana-2.1'),
  {
    id: 'veo-3.1',
    name: 'Veo 3.1',
    description: "Google's own SDK offers it on Vertex AI alone since 3.0; the Gemini API may refuse it.",
    provider: 'google',
    upstreamId: 'veo-3.1-generate-preview',
    input: ['text', 'image'],
    output: ['video'],
    inputs: objectSchema({ resolution: choice('720p', '1080p', '4k') }),
    prices: prices(PRICING_PAGE, each('second', '0.40'), each('second', '0.60', { resolution: '4k' })),
  },
]

export const GOOGLE: readonly ModelPatch[] = [...TEXT, ...EMBEDDINGS, ...IMAGES, ...LEGACY]
