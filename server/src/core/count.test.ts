import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOf, nanoDollarsOf } from './count.ts'

const MOST_IN_LEDGER = 2n ** 63n - 1n

describe('what providers count', () => {
  it('is a whole number, or unknown where it is none', () => {
    expect([0, 1.4, 1e12].map(countOf)).toEqual([0, 1, 1e12])
    const strange = [-1, 1e13, 1e308, Number.POSITIVE_INFINITY, Number.NaN, '5', null, {}, [1], true]
    expect(strange.map(countOf)).toEqual(strange.map(() => undefined))
  })

  it('is money that the ledger can hold, or unknown', () => {
    expect(nanoDollarsOf(1.5, 10_000_000)).toBe(15_000_000n)
    expect([-1, 1e308, Number.NaN, '1', null].map((amount) => nanoDollarsOf(amount, 10_000_000))).toEqual(
      Array(5).fill(undefined),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: false }), fc.constantFrom(1, 1e6, 1e7, 1e9), (amount, perUnit) => {
        const nano = nanoDollarsOf(amount, perUnit) ?? 0n
        return nano >= 0n && nano <= MOST_IN_LEDGER
      }),
    )
  })
})
