import { UNITS, type Unit } from '@turnout/contract'
import { costOf, type PreparedPrices } from '../price.ts'
import type { Candidate } from '../route.ts'
import type { Needs } from './needs.ts'

/** What an answer is taken to have, where the request sets no limit. */
const USUAL_OUTPUT_TOKENS = 500
/** What a picture is taken to have, where the request names no size. */
const USUAL_MEGAPIXELS = 1

/** Prices that depend on nothing but the amount, in nano-dollars per unit; 0 where there is none. */
type FlatPrices = Readonly<Record<Unit, number>>

const NONE = Object.fromEntries(UNITS.map((unit) => [unit, 0])) as FlatPrices

/** Null where a price depends on the day, the settings or the size of the request. */
function flatten(prices: PreparedPrices): FlatPrices | null {
  const flat = { ...NONE }
  for (const [unit, rates] of prices.byUnit) {
    const [first] = rates
    const { rate, nano, from } = first!
    if (rates.length > 1 || rate.when || rate.aboveInputTokens !== undefined || Number.isFinite(from)) return null
    flat[unit] = Number(nano) / rate.per
  }
  return flat
}

/** What candidates charge, of whom many charge the same. */
interface Tariffs {
  flat: readonly FlatPrices[]
  /** Which of them is that of each candidate, place by place; -1 where its price is not flat, or not known. */
  tariffOf: Int32Array
}

const NOT_FLAT = -1
const known = new WeakMap<readonly Candidate[], Tariffs>()

function tariffsOf(candidates: readonly Candidate[]): Tariffs {
  let tariffs = known.get(candidates)
  if (tariffs === undefined) {
    const different = new Map<string, { flat: FlatPrices; tariff: number }>()
    const tariffOf = Int32Array.from(candidates, ({ deployment: { provider, prices } }) => {
      const flat = provider.local ? NONE : prices && flatten(prices)
      if (flat === null) return NOT_FLAT
      const text = JSON.stringify(flat)
      const { tariff } = different.get(text) ?? { tariff: different.size }
      different.set(text, { flat, tariff })
      return tariff
    })
    tariffs = { flat: [...different.values()].map(({ flat }) => flat), tariffOf }
    known.set(candidates, tariffs)
  }
  return tariffs
}

/**
 * What a request is expected to cost at one candidate or another, by their
 * places and in nano-dollars, for comparing and for nothing else; infinite
 * where that is not known.
 */
export function expectedCost(candidates: readonly Candidate[], needs: Needs): (place: number) => number {
  const { size, inputTokens, settings, output } = needs
  const outputTokens = output === 'text' ? (needs.maxTokens ?? USUAL_OUTPUT_TOKENS) : 0
  const images = output === 'image' ? (needs.images ?? 1) : 0
  const megapixels = images * (size ? (size.width * size.height) / 1_000_000 : USUAL_MEGAPIXELS)
  const usage = { inputTokens, outputTokens, images, megapixels, requests: 1 }
  const { flat, tariffOf } = tariffsOf(candidates)
  const costs = flat.map(({ inputToken, outputToken, image, megapixel, request }) => {
    const tokens = inputTokens * inputToken + outputTokens * outputToken
    return tokens + images * image + megapixels * megapixel + request
  })
  return (place) => {
    const tariff = tariffOf[place]!
    if (tariff !== NOT_FLAT) return costs[tariff]!
    const exact = candidates[place]!.deployment.prices
    return Number((exact && costOf(exact, usage, settings)) ?? Number.POSITIVE_INFINITY)
  }
}
