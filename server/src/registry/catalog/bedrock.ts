import type { Capabilities, ModelPatch } from '@turnout/contract'
import { CLAUDE } from './anthropic.ts'
import { choice, each, GENAI_PRICES, objectSchema, type PriceSource, perMillion, prices, retired } from './build.ts'

/**
 * Claude and Nova 2 are called through the `global.` inference profile: it is
 * the cheapest and works in every region. Geographic profiles (`us.`, `eu.`)
 * cost a tenth more; who needs one sets the upstream id and the prices.
 */

const flat = (input: string, cached: string, cacheWrite: string, output: string) =>
  prices(GENAI_PRICES, perMillion({ input, cached, cacheWrite, output }))

const claude = (name: string, upstreamId: string, contextTokens: number): ModelPatch => ({
  id: `bedrock/${name}`,
  aliases: [upstreamId],
  provider: 'bedrock',
  upstreamId,
  input: ['text', 'image'],
  output: ['text'],
  capabilities: CLAUDE,
  limits: { contextTokens },
})

const CLAUDES: ModelPatch[] = [
  {
    ...claude('claude-fable-5-1', 'global.anthropic.claude-fable-5-1', 1_000_000),
    prices: flat('10', '0.25', '12.5', '50'),
  },
  {
    ...claude('claude-opus-5-5', 'global.anthropic.claude-opus-5-5', 1_000_000),
    prices: flat('4', '0.2', '5', '20'),
  },
  { ...claude('claude-opus-5', 'global.anthropic.claude-opus-5', 1_000_000), prices: flat('5', '0.5', '6.25', '25') },
  {
    ...claude('claude-opus-4-8', 'global.anthropic.claude-opus-4-8', 1_000_000),
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-opus-4-7', 'global.anthropic.claude-opus-4-7', 1_000_000),
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-opus-4-6', 'global.anthropic.claude-opus-4-6-v1', 1_000_000),
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-opus-4-5', 'global.anthropic.claude-opus-4-5-20251101-v1:0', 200_000),
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-sonnet-5', 'global.anthropic.claude-sonnet-5', 1_000_000),
    prices: flat('2', '0.2', '2.5', '10'),
  },
  {
    ...claude('claude-sonnet-4-6', 'global.anthropic.claude-sonnet-4-6', 1_000_000),
    prices: flat('3', '0.3', '3.75', '15'),
  },
  {
    ...claude('claude-sonnet-4-5', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_000),
    prices: flat('3', '0.3', '3.75', '15'),
  },
  {
    ...claude('claude-haiku-4-5', 'global.anthropic.claude-haiku-4-5-20251001-v1:0', 200_000),
    prices: flat('1', '0.1', '1.25', '5'),
  },
]

const CHAT: Capabilities = { streaming: true, tools: true }

const nova = (id: string, upstreamId: string, contextTokens: number, vision: boolean): ModelPatch => ({
  id,
  aliases: [`amazon-${id}`, upstreamId],
  provider: 'bedrock',
  upstreamId,
  input: vision ? ['text', 'image', 'video'] : ['text'],
  output: ['text'],
  capabilities: { ...CHAT, vision, temperature: true },
  limits: { contextTokens },
})

const TEXT: ModelPatch[] = [
  {
    ...nova('nova-2-lite', 'global.amazon.nova-2-lite-v1:0', 1_000_000, true),
    prices: prices(GENAI_PRICES, perMillion({ input: '0.3', cached: '0.075', output: '2.5' })),
  },
  {
    ...nova('nova-premier', 'amazon.nova-premier-v1:0', 1_000_000, true),
    prices: prices(GENAI_PRICES, perMillion({ input: '2.5', cached: '0.625', output: '12.5' })),
  },
  {
    ...nova('nova-pro', 'amazon.nova-pro-v1:0', 300_000, true),
    prices: prices(GENAI_PRICES, perMillion({ input: '0.8', cached: '0.2', output: '3.2' })),
  },
  {
    ...nova('nova-lite', 'amazon.nova-lite-v1:0', 300_000, true),
    prices: prices(GENAI_PRICES, perMillion({ input: '0.06', cached: '0.015', output: '0.24' })),
  },
  {
    ...nova('nova-micro', 'amazon.nova-micro-v1:0', 128_000, false),
    prices: prices(GENAI_PRICES, perMillion({ input: '0.035', cached: '0.00875', output: '0.14' })),
  },
  {
    id: 'bedrock/qwen3-235b-a22b-2507',
    description: 'Served in its region only, without inference profiles.',
    aliases: ['qwen.qwen3-235b-a22b-2507-v1:0'],
    provider: 'bedrock',
    upstreamId: 'qwen.qwen3-235b-a22b-2507-v1:0',
    input: ['text'],
    output: ['text'],
    capabilities: { ...CHAT, vision: false },
    limits: { contextTokens: 262_144 },
    prices: prices(
      { source: 'aws.amazon.com/bedrock/pricing', asOf: '2026-11-20' },
      perMillion({ input: '0.22', output: '0.88' }),
    ),
  },
  {
    id: 'bedrock/gpt-oss-120b',
    aliases: ['openai.gpt-oss-120b-1:0'],
    provider: 'bedrock',
    upstreamId: 'openai.gpt-oss-120b-1:0',
    input: ['text'],
    output: ['text'],
    capabilities: { ...CHAT, vision: false, reasoning: true },
    limits: { contextTokens: 128_000 },
    prices: prices(GENAI_PRICES, perMillion({ input: '0.15', output: '0.6' })),
  },
]

const LIST_PRICE: PriceSource = { source: 'aws.amazon.com/bedrock/pricing, by way of litellm', asOf: '2026-11-20' }

const NEVER: Capabilities = { guidance: false, steps: false, lora: false, mask: false }

/** Only us-west-2 serves these; `aspect_ratio` is for text to image alone. */
const stability = (name: string, upstreamId: string, usd: string, imageInput = true): ModelPatch => ({
  id: `bedrock/${name}`,
  aliases: [upstreamId],
  provider: 'bedrock',
  upstreamId,
  region: 'us-west-2',
  input: imageInput ? ['text', 'image'] : ['text'],
  output: ['image'],
  capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput },
  limits: {
    promptCharacters: 10_000,
    images: 1,
    ...(imageInput && { inputImages: 1 }),
    aspectRatios: ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'],
  },
  inputs: objectSchema({ output_format: choice('png', 'jpeg', 'webp') }),
  prices: prices(LIST_PRICE, each('image', usd)),
})

const IMAGES: ModelPatch[] = [
  stability('stable-diffusion-3.5-large', 'stability.sd3-5-large-v1:0', '0.08'),
  stability('stable-image-core', 'stability.stable-image-core-v1:1', '0.04', false),
  stability('stable-image-ultra', 'stability.stable-image-ultra-v1:1', '0.14'),
  {
    id: 'nova-canvas',
    name: 'Amazon Nova Canvas',
    aliases: ['amazon-nova-canvas', 'amazon.nova-canvas-v1:0'],
    provider: 'bedrock',
    upstreamId: 'amazon.nova-canvas-v1:0',
    region: 'us-east-1',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { ...NEVER, guidance: true, seed: true, negativePrompt: true, imageInput: true },
    limits: {
      promptCharacters: 1024,
      images: 5,
      inputImages: 5,
      minSide: 320,
      maxSide: 4096,
      sideMultiple: 16,
      maxPixels: 4_194_304,
      maxAspect: 4,
    },
    inputs: objectSchema({ quality: choice('standard', 'premium') }),
    lifecycle: retired('2026-09-30', 'bedrock/stable-image-core'),
  },
  {
    id: 'nova-reel',
    name: 'Amazon Nova Reel',
    aliases: ['amazon-nova-reel'],
    provider: 'bedrock',
    input: ['text', 'image'],
    output: ['video'],
    lifecycle: retired('2026-09-30'),
  },
]

export const BEDROCK: readonly ModelPatch[] = [...CLAUDES, ...TEXT, ...IMAGES]
