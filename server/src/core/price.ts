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
  /** The rates of each unit, in their order. */
  byUnit: ReadonlyMap<Unit, readonly PreparedRate[]>
  /** Whether tokens have prices; else what is used of them costs nothing, and the pictures or seconds do. */
  byToken: boolean
}

export function preparePrices(prices: Prices): PreparedPrices {
  const byUnit = new Map<Unit, PreparedRate[]>()
  for (const rate of prices.rates) {
    const from = rate.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(rate.from)
    const rates = byUnit.get(rate.unit) ?? []
    rates.push({ rate, nano: parseDollars(rate.usd), from })
    byUnit.set(rate.unit, rates)
  }
  return { byUnit, byToken: [...byUnit.keys()].some((unit) => unit.endsWith('Token')) }
}

/** Amounts are counted in millionths of a unit, so that 1.5 seconds or 0.79 megapixels stay exact integers. */
const MICRO = 1_000_000

/** The parts of input and output that may have prices of their own. */
const INPUT_PARTS = [
  ['cachedInputToken', 'cachedInputTokens'],
  ['cacheWriteToken', 'cacheWriteTokens'],
  ['imageInputToken', 'imageInputTokens'],
] as const
const OUTPUT_PARTS = [['imageOutputToken', 'imageOutputTokens']] as const
const PLAIN = [
  ['image', 'images'],
  ['megapixel', 'megapixels'],
  ['second', 'seconds'],
  ['request', 'requests'],
] as const

/** Adds up one cost as an exact fraction of nano-dollars. */
class Sum {
  /** Something with a price was counted. */
  known = false
  /** Something was counted that has none. */
  unknown = false
  #numerator = 0n
  #denominator = 1n
  readonly #prices: PreparedPrices
  readonly #usage: Usage
  readonly #settings: Readonly<Record<string, string>>
  readonly #at: number

  constructor(prices: PreparedPrices, usage: Usage, settings: Readonly<Record<string, string>>, at: number) {
    this.#prices = prices
    this.#usage = usage
    this.#settings = settings
    this.#at = at
  }

  add(unit: Unit, amount: number): void {
    const rates = this.#prices.byUnit.get(unit)
    let chosen: PreparedRate | undefined
    for (const rate of rates ?? []) if (applies(rate, this.#usage, this.#settings, this.#at)) chosen = rate
    if (chosen === undefined) {
      if (amount > 0 && (rates !== undefined || this.#prices.byToken)) this.unknown = true
      return
    }
    this.known = true
    if (amount === 0) return
    const micros = Math.round(amount * MICRO)
    if (!Number.isFinite(micros)) {
      this.unknown = true
      return
    }
    const per = BigInt(chosen.rate.per) * BigInt(MICRO)
    const value = BigInt(micros) * chosen.nano
    if (per === this.#denominator) this.#numerator += value
    else {
      this.#numerator = this.#numerator * per + value * this.#denominator
      this.#denominator *= per
    }
  }

  /** A token is counted once, by the narrowest unit that has a price: without one, cached tokens are input tokens. */
  split(total: number | undefined, whole: Unit, parts: typeof INPUT_PARTS | typeof OUTPUT_PARTS): void {
    if (total === undefined) return
    let rest = total
    for (const [unit, name] of parts) {
      const amount = this.#usage[name]
      if (!amount || !this.#prices.byUnit.has(unit)) continue
      const part = Math.min(amount, rest)
      this.add(unit, part)
      rest -= part
    }
    if (rest > 0 || total === 0) this.add(whole, rest)
  }

  /** Rounded half up, once. */
  total(): bigint {
    return (this.#numerator * 2n + this.#denominator) / (this.#denominator * 2n)
  }
}

/** The most that a database can store; what comes to more was never used. */
const MOST = 2n ** 63n - 1n

/**
 * What the usage costs in nano-dollars; null where it is not known: nothing
 * was counted that has a price, something was counted that has none, or more
 * than can be.
 */
export function costOf(
  prices: PreparedPrices,
  usage: Usage,
  settings: Readonly<Record<string, string>> = {},
  at: number = Date.now(),
): bigint | null {
  const sum = new Sum(prices, usage, settings, at)
  sum.split(usage.inputTokens, 'inputToken', INPUT_PARTS)
  sum.split(usage.outputTokens, 'outputToken', OUTPUT_PARTS)
  for (const [unit, name] of PLAIN) {
    const amount = usage[name]
    if (amount && prices.byUnit.has(unit)) sum.add(unit, amount)
  }
  if (sum.unknown || !sum.known) return null
  const total = sum.total()
  return total > MOST ? null : total
}
