/**
 * Compares the text prices of the catalog with those of @pydantic/genai-prices
 * and prints every difference: calls that both can price and that cost
 * something else, and models that only the data set knows a price for.
 *
 * `npm run prices [-- YYYY-MM-DD]`; the day is today unless said otherwise.
 */
import { calcPrice } from '@pydantic/genai-prices'
import type { ModelPatch, Usage } from '@turnout/contract'
import { costOf, preparePrices } from '../server/src/core/price.ts'
import { CATALOG } from '../server/src/registry/catalog/index.ts'

const NANO = 1e9
/** What the data set calls our providers, where it names them otherwise. */
const PROVIDERS: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  bedrock: 'aws',
  google: 'google',
  openai: 'openai',
  vertex: 'google',
}

/** Calls that show each rate by itself, also on both sides of the usual step for long contexts. */
const CALLS: Readonly<Record<string, Usage>> = {
  'input, per 1M': { inputTokens: 100_000 },
  'output, per 1M': { inputTokens: 0, outputTokens: 100_000 },
  'cached input, per 1M': { inputTokens: 100_000, cachedInputTokens: 100_000 },
  'long input, per 1M': { inputTokens: 400_000 },
}

const day = process.argv[2] === undefined ? new Date() : new Date(`${process.argv[2]}T00:00:00Z`)
if (Number.isNaN(day.getTime())) throw new Error('The day must have the form YYYY-MM-DD.')

/** US dollars per million of the call's tokens. */
const perMillion = (dollars: number, usage: Usage): number =>
  Number(((dollars * 1e6) / ((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0))).toPrecision(6))

function theirs({ provider, upstreamId, id }: ModelPatch, usage: Usage): number | undefined {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0 } = usage
  const price = calcPrice(
    { input_tokens: inputTokens, output_tokens: outputTokens, cache_read_tokens: cachedInputTokens },
    upstreamId ?? id,
    { providerId: PROVIDERS[provider ?? ''], timestamp: day },
  )
  return price ? perMillion(price.total_price, usage) : undefined
}

function ours({ prices }: ModelPatch, usage: Usage): number | undefined {
  if (!prices) return undefined
  const cost = costOf(preparePrices(prices), usage, {}, day.getTime())
  return cost === null ? undefined : perMillion(Number(cost) / NANO, usage)
}

const text = CATALOG.filter(
  ({ provider, output, lifecycle }) =>
    output?.includes('text') && PROVIDERS[provider ?? ''] !== undefined && lifecycle?.status !== 'retired',
)
let compared = 0
let differing = 0
for (const model of text) {
  for (const [what, usage] of Object.entries(CALLS)) {
    const [known, other] = [ours(model, usage), theirs(model, usage)]
    if (other === undefined || (known === undefined && what !== 'input, per 1M')) continue
    compared += 1
    if (known === other) continue
    differing += 1
    process.stdout.write(`${model.id}: ${what}: catalog ${known ?? 'unknown'}, genai-prices ${other}\n`)
  }
}
process.stdout.write(`${compared} prices of ${text.length} models compared, ${differing} differ\n`)
