import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Color, contrastRatio, hexOf, over, parseColor } from './color.ts'
import { leastContrast, standOut } from './contrast.ts'

const color = (hex: string) => parseColor(hex)
const flat = (hex: string) => Array.from({ length: 100 }, () => color(hex))
const WISH = { color: 'auto', colors: ['#ffffff', '#101318'], contrast: 4.5, mayScrim: true }

test.each([
  ['#fff', '#000', 21],
  ['#fff', '#fff', 1],
  ['#777777', '#ffffff', 4.48],
  ['#ff0000', '#ffffff', 4],
  ['#0000ff', '#ffffff', 8.59],
])('%s on %s has the ratio of WCAG', (one, other, ratio) => {
  expect(contrastRatio(color(one), color(other))).toBeCloseTo(ratio, 2)
})

test.each([
  ['#abc', { red: 0xaa, green: 0xbb, blue: 0xcc, opacity: 1 }],
  ['#0008', { red: 0, green: 0, blue: 0, opacity: 0x88 / 255 }],
  ['#1A2b3C', { red: 0x1a, green: 0x2b, blue: 0x3c, opacity: 1 }],
  ['#10203080', { red: 16, green: 32, blue: 48, opacity: 128 / 255 }],
])('reads %s', (hex, expected) => {
  expect(parseColor(hex)).toEqual(expected)
})

test('a colour that is laid over another lets it through', () => {
  expect(hexOf(over(color('#000000'), color('#ffffff'), 0.5))).toBe('#808080')
})

describe('the colour of a text', () => {
  test.each([
    ['#20242c', '#ffffff'],
    ['#f2efe6', '#101318'],
    ['#ffd23f', '#101318'],
    ['#c81e2b', '#ffffff'],
  ])('on %s is %s, without a scrim', (under, expected) => {
    const { color: chosen, ratio, scrim } = standOut(WISH, flat(under))
    expect([hexOf(chosen), scrim]).toEqual([expected, undefined])
    expect(ratio).toBeGreaterThanOrEqual(4.5)
  })

  test('the first that is good enough is taken, not the best', () => {
    const wish = { ...WISH, colors: ['#335577', '#000000'] }
    expect(hexOf(standOut(wish, flat('#ffffff')).color)).toBe('#335577')
  })

  test('over light and dark places alike there is a scrim, as faint as it may be', () => {
    const half = [...flat('#ffffff'), ...flat('#000000')]
    const { ratio, scrim } = standOut(WISH, half)
    expect(ratio).toBeGreaterThanOrEqual(4.5)
    expect(scrim!.opacity).toBeGreaterThan(0.3)
    const stronger = standOut({ ...WISH, contrast: 10 }, half)
    expect(stronger.scrim!.opacity).toBeGreaterThan(scrim!.opacity)
  })

  test('a speck of light is forgiven, a tenth is not', () => {
    const specks = (count: number) => [...flat('#000000').slice(count), ...flat('#ffffff').slice(0, count)]
    const wish = { ...WISH, color: '#ffffff' }
    expect(standOut(wish, specks(3)).scrim).toBeUndefined()
    expect(standOut(wish, specks(10)).scrim).toBeDefined()
  })

  test('without a scrim what is reached is told as it is', () => {
    const { ratio, scrim } = standOut({ ...WISH, color: '#ffffff', mayScrim: false }, flat('#dddddd'))
    expect([scrim, Math.round(ratio * 10) / 10]).toEqual([undefined, 1.4])
  })

  test('is reached over any picture, with a scrim where need be', () => {
    const channel = fc.integer({ min: 0, max: 255 })
    const any: fc.Arbitrary<Color> = fc.record({ red: channel, green: channel, blue: channel, opacity: fc.constant(1) })
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 40 }), fc.constantFrom(3, 4.5, 7), (under, contrast) => {
        const { color: chosen, ratio, scrim } = standOut({ ...WISH, contrast }, under)
        const seen = scrim ? under.map((each) => over(scrim.color, each, scrim.opacity)) : under
        expect(leastContrast(chosen, seen)).toBeCloseTo(ratio, 9)
        expect(ratio).toBeGreaterThanOrEqual(contrast)
      }),
    )
  })
})
