import type { Capabilities, ModelPatch } from '@turnout/contract'
import { deprecated, GENAI_PRICES, perMillion, prices, retired } from './build.ts'

/**
 * Lifecycle and limits: platform.claude.com, as of 2026-11-20. The days hold
 * for Anthropic's own API; Bedrock keeps its own.
 */

export const CLAUDE: Capabilities = {
  streaming: true,
  tools: true,
  parallelTools: true,
  vision: true,
  reasoning: true,
}

/**
 * From 4.6 on a partial assistant message is refused, and from Opus 4.7 on
 * so are sampling settings. Source: the migration guide of platform.claude.com,
 * read November 2026.
 */
const claude = (id: string, contextTokens: number, outputTokens?: number): ModelPatch => ({
  id,
  provider: 'anthropic',
  input: ['text', 'image'],
  output: ['text'],
  capabilities: { ...CLAUDE, temperature: false, prefill: false },
  limits: { contextTokens, ...(outputTokens && { outputTokens }) },
})

/** Up to the 4.5 generation a partial assistant message is continued. */
const CONTINUED: Capabilities = { ...CLAUDE, temperature: true, prefill: true }

const flat = (input: string, cached: string, cacheWrite: string, output: string) =>
  prices(GENAI_PRICES, perMillion({ input, cached, cacheWrite, output }))

/** Prices of models that came after the list that the others are from. */
const MODEL_PAGES = { source: 'platform.claude.com/docs, pages of models', asOf: '2026-11-21' }

export const ANTHROPIC: readonly ModelPatch[] = [
  { ...claude('claude-fable-5-1', 1_000_000, 128_000), prices: flat('10', '0.25', '12.5', '50') },
  { ...claude('claude-fable-5', 1_000_000, 128_000), prices: flat('10', '1', '12.5', '50') },
  { ...claude('claude-opus-5-5', 1_000_000), prices: flat('4', '0.2', '5', '20') },
  { ...claude('claude-opus-5', 1_000_000, 128_000), prices: flat('5', '0.5', '6.25', '25') },
  { ...claude('claude-opus-4-8', 1_000_000), prices: flat('5', '0.5', '6.25', '25') },
  { ...claude('claude-opus-4-7', 1_000_000), prices: flat('5', '0.5', '6.25', '25') },
  {
    ...claude('claude-opus-4-6', 1_000_000, 128_000),
    capabilities: { ...CLAUDE, temperature: true, prefill: false },
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-opus-4-5', 200_000, 64_000),
    aliases: ['claude-opus-4-5-20251101'],
    capabilities: CONTINUED,
    prices: flat('5', '0.5', '6.25', '25'),
  },
  {
    ...claude('claude-sonnet-5-5', 1_000_000, 128_000),
    prices: prices(MODEL_PAGES, perMillion({ input: '2', cached: '0.2', cacheWrite: '2.5', output: '10' })),
  },
  { ...claude('claude-sonnet-5', 1_000_000, 128_000), prices: flat('2', '0.2', '2.5', '10') },
  {
    ...claude('claude-sonnet-4-6', 1_000_000),
    capabilities: { ...CLAUDE, temperature: true, prefill: false },
    prices: flat('3', '0.3', '3.75', '15'),
  },
  {
    ...claude('claude-sonnet-4-5', 200_000, 64_000),
    aliases: ['claude-sonnet-4-5-20250929'],
    capabilities: CONTINUED,
    prices: prices(
      GENAI_PRICES,
      perMillion({ input: '3', cached: '0.3', cacheWrite: '3.75', output: '15' }),
      perMillion({ input: '6', cached: '0.6', cacheWrite: '7.5', output: '22.5' }, 200_000),
    ),
    lifecycle: deprecated('claude-sonnet-4-6', '2026-11-30'),
  },
  {
    ...claude('claude-haiku-5-5', 1_000_000, 128_000),
    prices: prices(
      MODEL_PAGES,
      perMillion({ input: '0.1', cached: '0.01', cacheWrite: '0.125', output: '0.5' }),
      perMillion({ input: '0.5', cached: '0.05', cacheWrite: '0.625', output: '2.5' }, 100_000),
    ),
  },
  {
    ...claude('claude-haiku-4-5', 200_000, 64_000),
    aliases: ['claude-haiku-4-5-20251001'],
    capabilities: CONTINUED,
    prices: flat('1', '0.1', '1.25', '5'),
  },
  {
    ...claude('claude-opus-4-1', 200_000),
    aliases: ['claude-opus-4-1-20250805'],
    capabilities: CONTINUED,
    lifecycle: retired('2026-08-05', 'claude-opus-5'),
  },
  {
    ...claude('claude-opus-4-0', 200_000),
    aliases: ['claude-opus-4-20250514'],
    capabilities: CONTINUED,
    lifecycle: retired('2026-06-15', 'claude-opus-4-8'),
  },
  {
    ...claude('claude-sonnet-4-0', 200_000),
    aliases: ['claude-sonnet-4-20250514'],
    capabilities: CONTINUED,
    lifecycle: retired('2026-06-15', 'claude-sonnet-4-6'),
  },
]
