import type { Prices, Rate, Unit, Usage } from '@turnout/contract'

const NANO = 1_000_000_000n

/** A decimal string of US dollars as integer nano-dollars. */
export function parseDollars(usd: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(usd)
  if (!match) throw new RangeError(`not a decimal amount with at most nine places: ${usd}`)
  const [, sign, whole, fraction = ''] = match
  const nano = BigInt(whole!) * NANO + BigInt(fraction.padEnd(9, '0'))
  return sign ? -nano : nano
}

/** Integer nano-dollars as a decimal string, without trailing zeros. */
export function formatDollars(nano: bigint): string {
  const sign = nano < 0n ? '-' : ''
  const absolute = nano < 0n ? -nano : nano
  const fraction = (absolute % NANO).toString().padStart(9, '0').replace(/0+$/, '')
  return `${sign}${absolute / NANO}${fraction && `.${fraction}`}`
}

/**
 * How much of each unit was used. A token is counted once, by the narrowest
 * unit that has a rate, so that a price list without cached tokens charges
 * them as input tokens.
 */
function countUnits(usage: Usage, priced: ReadonlySet<Unit>): Map<Unit, number> {
  const counted = new Map<Unit, number>()
  const split = (total: number | undefined, whole: Unit, parts: [Unit, number | undefined][]) => {
    if (total === undefined) return
    let rest = total
    for (const [unit, amount] of parts) {
      if (!amount || !priced.has(unit)) continue
      const part = Math.min(amount, rest)
      counted.set(unit, part)
      rest -= part
    }
    if (rest > 0 || total === 0) counted.set(whole, rest)
  }
  split(usage.inputTokens, 'inputToken', [
    ['cachedInputToken', usage.cachedInputTokens],
    ['cacheWriteToken', usage.cacheWriteTokens],
    ['imageInputToken', usage.imageInputTokens],
  ])
  split(usage.outputTokens, 'outputToken', [['imageOutputToken', usage.imageOutputTokens]])
  const plain: [Unit, number | undefined][] = [
    ['image', usage.images],
    ['megapixel', usage.megapixels],
    ['second', usage.seconds],
    ['request', usage.requests],
  ]
  for (const [unit, amount] of plain) if (amount && priced.has(unit)) counted.set(unit, amount)
  return counted
}

function applies(
  { rate, from }: PreparedRate,
  usage: Usage,
  settings: Readonly<Record<string, string>>,
  at: number,
): boolean {
  if (at < from) return false
  if (rate.aboveInputTokens !== undefined && (usage.inputTokens ?? 0) <= rate.aboveInputTokens) return false
  for (const name in rate.when) if (settings[name] !== rate.when[name]) return false
  return true
}

/** A rate, its money and its day already parsed. */
interface PreparedRate {
  rate: Rate
  nano: bigint
  /** Epoch milliseconds. */
  from: number
}

export interface PreparedPrices {
  units: ReadonlySet<Unit>
  rates: readonly PreparedRate[]
}

export function preparePrices(prices: Prices): PreparedPrices {
  return {
    units: new Set(prices.rates.map((rate) => rate.unit)),
    rates: prices.rates.map((rate) => ({
      rate,
      nano: parseDollars(rate.usd),
      from: rate.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(rate.from),
    })),
  }
}

/** Amounts are counted in millionths of a unit, so that 1.5 seconds or 0.79 megapixels stay exact integers. */
const MICRO = 1_000_000

/**
 * What the usage costs in nano-dollars, rounded half up once at the end; null
 * where it is not known: nothing was counted that has a price, or something
 * was counted that has none.
 */
export function costOf(
  prices: PreparedPrices,
  usage: Usage,
  settings: Readonly<Record<string, string>> = {},
  at: number = Date.now(),
): bigint | null {
  const counted = countUnits(usage, prices.units)
  if (counted.size === 0) return null
  let numerator = 0n
  let denominator = 1n
  let known = false
  for (const [unit, amount] of counted) {
    let chosen: PreparedRate | undefined
    for (const candidate of prices.rates) {
      if (candidate.rate.unit === unit && applies(candidate, usage, settings, at)) chosen = candidate
    }
    if (!chosen) {
      if (amount === 0 || !matters(unit, prices.units)) continue
      return null
    }
    known = true
    const value = BigInt(Math.round(amount * MICRO)) * chosen.nano
    const per = BigInt(chosen.rate.per) * BigInt(MICRO)
    numerator = numerator * per + value * denominator
    denominator *= per
  }
  if (!known) return null
  return (numerator * 2n + denominator) / (denominator * 2n)
}

/** Tokens that have no rate make the cost unknown, unless the model is priced by picture or by second alone. */
function matters(unit: Unit, priced: ReadonlySet<Unit>): boolean {
  if (priced.has(unit)) return true
  for (const other of priced) if (other.endsWith('Token')) return true
  return false
}
