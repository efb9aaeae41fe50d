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

/** Of each candidate; null where its price is not flat, or not known. */
type Flat = readonly (FlatPrices | null)[]

const known = new WeakMap<readonly Candidate[], Flat>()

function flatOf(candidates: readonly Candidate[]): Flat {
  let flat = known.get(candidates)
  if (flat === undefined) {
    flat = candidates.map(({ deployment: { provider, prices } }) => {
      return provider.local ? NONE : prices && flatten(prices)
    })
    known.set(candidates, flat)
  }
  return flat
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
  const flat = flatOf(candidates)
  return (place) => {
    const prices = flat[place]
    if (prices) {
      const { inputToken, outputToken, image, megapixel, request } = prices
      const tokens = inputTokens * inputToken + outputTokens * outputToken
      return tokens + images * image + megapixels * megapixel + request
    }
    const exact = candidates[place]!.deployment.prices
    return Number((exact && costOf(exact, usage, settings)) ?? Number.POSITIVE_INFINITY)
  }
}
