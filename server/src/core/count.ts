/**
 * The largest count that is believed, a million million: what costs more than
 * the ledger can hold, or is no longer exact, is a mistake and not a count.
 */
const MOST = 1e12

/** A count that a provider reports, which may be anything; undefined where it is none. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MOST ? Math.round(value) : undefined

/**
 * An amount of money that a provider reports in a unit of its own, in
 * nano-dollars; undefined where it is none, or too large to be exact.
 */
export function nanoDollarsOf(amount: unknown, perUnit: number): bigint | undefined {
  const nano = typeof amount === 'number' ? Math.round(amount * perUnit) : Number.NaN
  return Number.isSafeInteger(nano) && nano >= 0 ? BigInt(nano) : undefined
}
