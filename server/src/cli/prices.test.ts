import type { Rate } from '@turnout/contract'
import { expect, it } from 'vitest'
import { describeRate, summarizePrices } from './prices.ts'

const rate = (unit: Rate['unit'], usd: string, per = 1, more: Partial<Rate> = {}): Rate => ({ unit, usd, per, ...more })
const prices = (...rates: Rate[]) => ({ rates, source: 'a page', asOf: '2030-01-01' })

it.each([
  [null, '-'],
  [prices(rate('inputToken', '0.25', 1_000_000), rate('outputToken', '2.00', 1_000_000)), '$0.25/M in, $2/M out'],
  [prices(rate('image', '0.04')), '$0.04/image'],
  [prices(rate('image', '0.04'), rate('image', '0.08', 1, { when: { quality: 'high' } })), '$0.04/image+'],
  [prices(rate('inputToken', '1', 1_000_000), rate('cachedInputToken', '0.1', 1_000_000)), '$1/M in'],
  [prices(rate('second', '0.5', 10)), '$0.5/10 second'],
])('sums up %j', (list, expected) => expect(summarizePrices(list)).toBe(expected))

it('tells the conditions of a rate', () => {
  const high = rate('image', '0.08', 1, { when: { quality: 'high' }, aboveInputTokens: 200_000 })
  expect(describeRate(high)).toBe('$0.08/image (quality high, above 200000 input tokens)')
})
