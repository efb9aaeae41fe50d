import type { Prices, Usage } from '@turnout/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costOf, formatDollars, parseDollars, preparePrices } from './price.ts'

const MILLION = 1_000_000
const prices = (...rates: Prices['rates']) => preparePrices({ rates, source: 'test', asOf: '2026-11-21' })
const perMillion = (unit: Prices['rates'][number]['unit'], usd: string) => ({ unit, usd, per: MILLION })
const dollars = (price: ReturnType<typeof prices>, usage: Usage, settings?: Record<string, string>) => {
  const cost = costOf(price, usage, settings)
  return cost === null ? null : formatDollars(cost)
}

test.each([
  ['0', '0'],
  ['10', '10'],
  ['0.04', '0.04'],
  ['0.000000001', '0.000000001'],
  ['12.500000000', '12.5'],
])('%s dollars are read and written as %s', (written, read) => {
  expect(formatDollars(parseDollars(written))).toBe(read)
})

test.each(['', '1.', '.5', '1e3', '0.0000000001', 'ten'])('%j is not an amount', (text) => {
  expect(() => parseDollars(text)).toThrow(RangeError)
})

test('amounts survive being written and read', () => {
  fc.assert(fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), (nano) => parseDollars(formatDollars(nano)) === nano))
})

const text = prices(
  perMillion('inputToken', '2.5'),
  perMillion('cachedInputToken', '0.25'),
  perMillion('outputToken', '15'),
)

test.each<[string, Usage, string | null]>([
  ['tokens', { inputTokens: 1000, outputTokens: 100 }, '0.004'],
  ['cached tokens at their own price', { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 0 }, '0.0016'],
  ['reasoning as output', { inputTokens: 0, outputTokens: 100, reasoningTokens: 90 }, '0.0015'],
  ['no usage: not known', {}, null],
  ['cache writes without a price of their own as input', { inputTokens: 1000, cacheWriteTokens: 1000 }, '0.0025'],
])('%s', (_, usage, cost) => {
  expect(dollars(text, usage)).toBe(cost)
})

test('what was counted but has no price makes the cost unknown, never 0', () => {
  expect(dollars(prices(perMillion('outputToken', '15')), { inputTokens: 10, outputTokens: 10 })).toBeNull()
})

test('a model priced by picture is not made unknown by the tokens that it reports', () => {
  expect(dollars(prices({ unit: 'image', usd: '0.04', per: 1 }), { images: 3, inputTokens: 40 })).toBe('0.12')
})

test('the rate of a setting or of a large context wins over the plain one', () => {
  const price = prices(
    { unit: 'image', usd: '0.134', per: 1 },
    { unit: 'image', usd: '0.24', per: 1, when: { resolution: '4K' } },
  )
  expect(dollars(price, { images: 1 })).toBe('0.134')
  expect(dollars(price, { images: 1 }, { resolution: '4K' })).toBe('0.24')
  const tiered = prices(perMillion('inputToken', '2'), { ...perMillion('inputToken', '4'), aboveInputTokens: 200_000 })
  expect(dollars(tiered, { inputTokens: 200_000 })).toBe('0.4')
  expect(dollars(tiered, { inputTokens: 200_001 })).toBe('0.800004')
})

test('a rate holds from its day on', () => {
  const price = prices(perMillion('inputToken', '1'), { ...perMillion('inputToken', '2'), from: '2027-01-01' })
  const on = (day: string) => formatDollars(costOf(price, { inputTokens: MILLION }, {}, Date.parse(day))!)
  expect([on('2026-12-31T23:59:59Z'), on('2027-01-01T00:00:00Z')]).toEqual(['1', '2'])
})

test('picture tokens are charged apart from text tokens', () => {
  const price = prices(
    perMillion('inputToken', '5'),
    perMillion('imageInputToken', '8'),
    perMillion('imageOutputToken', '30'),
  )
  expect(dollars(price, { inputTokens: 150, imageInputTokens: 100, outputTokens: 1000, imageOutputTokens: 1000 })).toBe(
    '0.03105',
  )
})

test('the sum is rounded once, half up', () => {
  const third = prices({ unit: 'inputToken', usd: '0.000000001', per: 2 })
  expect(costOf(third, { inputTokens: 1 })).toBe(1n)
  expect(costOf(prices({ unit: 'inputToken', usd: '0.000000001', per: 3 }), { inputTokens: 1 })).toBe(0n)
})

test('a split call never costs other than the whole by more than its roundings', () => {
  fc.assert(
    fc.property(fc.nat(2 * MILLION), fc.nat(2 * MILLION), (a, b) => {
      const whole = costOf(text, { inputTokens: a + b, outputTokens: 1 })!
      const parts =
        costOf(text, { inputTokens: a, outputTokens: 1 })! + costOf(text, { inputTokens: b, outputTokens: 0 })!
      const apart = whole - parts
      return apart >= -2n && apart <= 2n
    }),
  )
})
