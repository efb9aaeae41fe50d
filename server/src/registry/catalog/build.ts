import type { Lifecycle, Prices, Rate, Unit } from '@turnout/contract'

/** Where prices were read and on which day. */
export interface PriceSource {
  source: string
  asOf: string
}

/** The data set of the npm package @pydantic/genai-prices 0.1.8. */
export const GENAI_PRICES: PriceSource = { source: 'genai-prices 0.1.8', asOf: '2026-09-23' }

/** US dollars per million tokens. */
interface TokenDollars {
  input?: string
  cached?: string
  cacheWrite?: string
  imageInput?: string
  output?: string
  imageOutput?: string
}

const TOKEN_UNITS: readonly [keyof TokenDollars, Unit][] = [
  ['input', 'inputToken'],
  ['cached', 'cachedInputToken'],
  ['cacheWrite', 'cacheWriteToken'],
  ['imageInput', 'imageInputToken'],
  ['output', 'outputToken'],
  ['imageOutput', 'imageOutputToken'],
]

/** @param aboveInputTokens The rates hold only for calls with more input tokens than this. */
export function perMillion(dollars: TokenDollars, aboveInputTokens?: number): Rate[] {
  return TOKEN_UNITS.flatMap(([field, unit]) => {
    const usd = dollars[field]
    return usd === undefined ? [] : [{ unit, usd, per: 1_000_000, ...(aboveInputTokens && { aboveInputTokens }) }]
  })
}

/** @param when Settings that the call must have for the rate to hold. */
export function each(unit: Unit, usd: string, when?: Record<string, string>): Rate {
  return { unit, usd, per: 1, ...(when && { when }) }
}

/** The last rate of a unit whose condition holds wins, so conditions come after the rate they refine. */
export function prices(source: PriceSource, ...rates: (Rate | Rate[])[]): Prices {
  return { rates: rates.flat(), ...source }
}

export const retired = (retiresAt: string, replacedBy?: string): Lifecycle => ({
  status: 'retired',
  retiresAt,
  ...(replacedBy && { replacedBy }),
})

/** @param retiresAt Absent where the provider has named no day. */
export const deprecated = (replacedBy: string, retiresAt?: string): Lifecycle => ({
  status: 'deprecated',
  ...(retiresAt && { retiresAt }),
  replacedBy,
})

type JsonSchema = Record<string, unknown>

/** The JSON Schema of an object. Properties that it does not name are left to the upstream. */
export function objectSchema(properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) }
}

export const text = (description?: string): JsonSchema => ({ type: 'string', ...(description && { description }) })

export const choice = (...values: string[]): JsonSchema => ({ type: 'string', enum: values })

export const flag = (): JsonSchema => ({ type: 'boolean' })

export const integer = (minimum: number, maximum?: number): JsonSchema => ({
  type: 'integer',
  minimum,
  ...(maximum !== undefined && { maximum }),
})

export const number = (minimum: number, maximum: number): JsonSchema => ({ type: 'number', minimum, maximum })
