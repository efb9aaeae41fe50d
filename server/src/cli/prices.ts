import type { Prices, Rate } from '@turnout/contract'
import { formatDollars, parseDollars } from '../core/price.ts'

const PER: Readonly<Record<number, string>> = { 1: '', 1000: 'k ', 1000000: 'M ' }

const NAMES: Readonly<Record<Rate['unit'], string>> = {
  inputToken: 'in',
  cachedInputToken: 'cached in',
  cacheWriteToken: 'cache write',
  imageInputToken: 'image in',
  outputToken: 'out',
  imageOutputToken: 'image out',
  image: 'image',
  megapixel: 'megapixel',
  second: 'second',
  request: 'request',
}

/** What a price list comes to at a glance: each unit's first rate, a `+` where conditions make others. */
export function summarizePrices(prices: Prices | null): string {
  if (prices === null) return '-'
  const first = new Map<string, string>()
  for (const rate of prices.rates) {
    if (rate.unit === 'cachedInputToken' || rate.unit === 'cacheWriteToken') continue
    const known = first.get(rate.unit)
    if (known === undefined) first.set(rate.unit, formatRate(rate))
    else if (!known.endsWith('+')) first.set(rate.unit, `${known}+`)
  }
  return [...first.values()].join(', ')
}

/** One rate with the conditions under which it holds. */
export function describeRate(rate: Rate): string {
  const conditions = Object.entries(rate.when ?? {}).map(([setting, value]) => `${setting} ${value}`)
  if (rate.aboveInputTokens !== undefined) conditions.push(`above ${rate.aboveInputTokens} input tokens`)
  return `${formatRate(rate)}${conditions.length > 0 ? ` (${conditions.join(', ')})` : ''}`
}

function formatRate({ usd, per, unit }: Rate): string {
  return `$${formatDollars(parseDollars(usd))}/${PER[per] ?? `${per} `}${NAMES[unit]}`
}
