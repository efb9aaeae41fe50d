import { Composition } from '@turnout/contract'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadTypefaces } from '../../../gateway/templates/fonts/index.ts'
import { resolveComposition } from '../resolve.ts'
import { checkCharacters } from './characters.ts'
import { layOut, type PlacedItem, textsOf } from './index.ts'
import type { Typefaces } from './typeface.ts'

const WEIGHTS = [400, 800] as const
let typefaces: Typefaces
beforeAll(async () => {
  typefaces = await loadTypefaces(WEIGHTS.map((weight) => ({ font: 'inter', weight, italic: false })))
})

const PICTURE = { width: 1000, height: 600 }
const composed = (layers: unknown[], more: object = {}) =>
  resolveComposition(Composition.parse({ margin: 0, layers, ...more }), {}).composition
const laid = (layers: unknown[], more: object = {}) => layOut(composed(layers, more), PICTURE, typefaces)
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, weight: 400, size: 20, ...more })
type Text = Extract<PlacedItem, { type: 'text' }>
const first = (layers: unknown[], more?: object) => laid(layers, more).items[0] as Text

/** What the letters really cover. */
function inkOf({ lines, size, layer }: Text) {
  const face = typefaces(layer)
  const extents = lines.map((line) => ({ ...line, ...face.measure(line.text, layer.letterSpacing) }))
  return {
    left: Math.min(...extents.map(({ x, left }) => x + left * size)),
    right: Math.max(...extents.map(({ x, right }) => x + right * size)),
    top: Math.min(...extents.map(({ baseline, top }) => baseline - top * size)),
    bottom: Math.max(...extents.map(({ baseline, bottom }) => baseline + bottom * size)),
  }
}

const WORDS = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Sale',
        'Überraschung',
        'Ångström',
        'a',
        '50%',
        'Donaudampfschifffahrtsgesellschaft',
        'ęjq',
        'Й',
        '–',
        '\n',
        'twenty-one',
        'x\u00a0y',
      ),
      fc.string({ minLength: 1, maxLength: 24, unit: fc.constantFrom(...'aAgjÅÉyWil.,-1 Щфö') }),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((words) => words.join(' ').trim())
  .filter((words) => words !== '')

const STYLE = {
  weight: fc.constantFrom(...WEIGHTS),
  lineHeight: fc.constantFrom(0.9, 1, 1.3),
  letterSpacing: fc.constantFrom(-0.03, 0, 0.1),
  uppercase: fc.boolean(),
  align: fc.constantFrom('left', 'center', 'right'),
  maxLines: fc.constantFrom(undefined, 1, 2, 5),
  balance: fc.boolean(),
  plate: fc.constantFrom(undefined, { color: '#ffffff' }, { color: '#ffffff', paddingX: 0, paddingY: 0 }),
}

describe('text', () => {
  test('never leaves its box, whatever the words and however small the box', () => {
    const box = {
      x: fc.integer({ min: 0, max: 300 }),
      y: fc.integer({ min: 0, max: 200 }),
      width: fc.integer({ min: 4, max: 700 }),
      height: fc.integer({ min: 4, max: 400 }),
    }
    const size = fc
      .tuple(fc.integer({ min: 6, max: 60 }), fc.integer({ min: 0, max: 200 }))
      .map(([min, more]) => ({ min, max: min + more }))
    const layer = fc.record({
      text: WORDS,
      size,
      verticalAlign: fc.constantFrom('top', 'middle', 'bottom'),
      ...box,
      ...STYLE,
    })
    fc.assert(
      fc.property(layer, (record) => {
        const { items, warnings } = laid([{ type: 'text', ...record }])
        if (items.length === 0) {
          expect(warnings.join()).toContain('has no room')
          return
        }
        const item = items[0] as Text
        for (const { left, right, top, bottom } of [
          inkOf(item),
          { left: item.at.x, right: item.at.x + item.at.width, top: item.at.y, bottom: item.at.y + item.at.height },
        ]) {
          expect(left).toBeGreaterThanOrEqual(record.x - 0.01)
          expect(right).toBeLessThanOrEqual(record.x + record.width + 0.01)
          expect(top).toBeGreaterThanOrEqual(record.y - 0.01)
          expect(bottom).toBeLessThanOrEqual(record.y + record.height + 0.01)
        }
        expect(item.size).toBeLessThanOrEqual(record.size.max + 0.01)
        if (record.maxLines) expect(item.lines.length).toBeLessThanOrEqual(record.maxLines)
        // Exactly what was given is written, unless it was said that it was cut.
        if (warnings.some((warning) => warning.includes('was cut'))) return
        const plain = (words: string) => words.replace(/\s+/g, '')
        const words = record.text.normalize('NFC')
        expect(plain(item.lines.map((line) => line.text).join(''))).toBe(
          plain(record.uppercase ? words.toUpperCase() : words),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('a word that was broken is not joined again, where its characters take more room side by side', () => {
    const style = { size: { min: 6, max: 6 }, lineHeight: 0.9, align: 'left', verticalAlign: 'top' }
    const { left, right } = inkOf(first([text('AA SALE', { ...style, x: 0, y: 0, width: 4, height: 5 })]))
    expect(right - left).toBeLessThanOrEqual(4)
  })

  test('a stack never leaves its box, and its texts never lie over each other', () => {
    const child = fc.record({
      type: fc.constant('text'),
      text: WORDS,
      size: fc.integer({ min: 8, max: 90 }).map((max) => ({ min: max / 3, max })),
      ...STYLE,
    })
    const box = { width: fc.integer({ min: 60, max: 700 }), height: fc.integer({ min: 30, max: 500 }) }
    fc.assert(
      fc.property(fc.array(child, { minLength: 1, maxLength: 4 }), fc.record(box), (layers, { width, height }) => {
        const { items } = laid([
          { type: 'stack', anchor: 'bottom-right', verticalAlign: 'middle', width, height, layers },
        ])
        let y = PICTURE.height - height
        for (const { at } of items) {
          expect(at.y).toBeGreaterThanOrEqual(y - 0.01)
          expect(at.x).toBeGreaterThanOrEqual(PICTURE.width - width - 0.01)
          expect(at.x + at.width).toBeLessThanOrEqual(PICTURE.width + 0.01)
          y = at.y + at.height
        }
        expect(y).toBeLessThanOrEqual(PICTURE.height + 0.01)
      }),
      { numRuns: 60 },
    )
  })

  test('is as large as its box allows, and smaller the longer it is', () => {
    const sized = (words: string) => first([text(words, { size: { min: 10, max: 120 }, width: 500, height: 140 })]).size
    const sizes = [
      'Sale',
      'Summer sale on everything',
      'Summer sale on everything in the shop until the end of August',
    ].map(sized)
    expect(sizes[0]).toBeCloseTo(120, 5)
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(sizes[2]).toBeLessThan(60)
  })

  test('below its least size it is made smaller still with a warning, and cut only in the end', () => {
    const size = { min: 40, max: 80 }
    const small = laid([text('Nearly too much for this', { size, width: 300, height: 60 })])
    expect((small.items[0] as Text).size).toBeLessThan(40)
    expect(small.warnings).toEqual([
      expect.stringMatching(/^layers\[0\] fits only at [\d.]+ px, which is less than its least size of 40.0 px$/),
    ])
    const cut = laid([text('much '.repeat(60), { size, width: 300, height: 60 })])
    expect((cut.items[0] as Text).lines.at(-1)!.text).toMatch(/…$/)
    expect(cut.warnings).toEqual([expect.stringMatching(/^layers\[0\] does not fit and was cut: ".*…"$/)])
    expect(laid([text('Sale', { size, width: 300, height: 1 })])).toEqual({
      items: [],
      warnings: ['layers[0] has no room and was left out'],
    })
  })

  test.each([
    ['spaces', 'one two three', 72, ['one two', 'three']],
    ['dashes', 'twenty-one', 76, ['twenty-', 'one']],
    ['line ends', 'a\nb', 500, ['a', 'b']],
    ['no no-break space', 'x\u00a0y z', 26, ['x\u00a0y', 'z']],
    ['no soft hyphen', 'so\u00adft', 500, ['soft']],
  ])('is broken at %s', (_where, words, width, expected) => {
    const { lines } = first([text(words, { size: 18, width, balance: false })])
    expect(lines.map((line) => line.text)).toEqual(expected)
  })

  test('has lines of about the same length', () => {
    const words = 'the quick brown fox jumps over the dog'
    const widths = (balance: boolean) =>
      first([text(words, { width: 300, balance })]).lines.map((line) => line.text.length)
    expect(widths(false)).toEqual([30, 7])
    expect(Math.abs(widths(true)[0]! - widths(true)[1]!)).toBeLessThan(6)
  })

  test('is kerned, and spaced as asked', () => {
    const face = typefaces({ font: 'inter', weight: 800, italic: false })
    const width = (words: string, spacing = 0) => face.measure(words, spacing).advance
    expect(width('AV')).toBeLessThan(width('A') + width('V') - 0.05)
    expect(width('To')).toBeLessThan(width('T') + width('o') - 0.05)
    expect(width('HH')).toBeCloseTo(width('H') * 2, 6)
    expect(width('HH', 0.1)).toBeCloseTo(width('HH') + 0.2, 6)
  })

  test('begins where its box begins, to the pixel, at every size', () => {
    for (const size of [12, 60, 200]) expect(inkOf(first([text('H', { size, x: 50 })])).left).toBeCloseTo(50, 5)
    const { right } = inkOf(first([text('H', { size: 90, align: 'right' })]))
    expect(right).toBeCloseTo(1000, 5)
  })
})

describe('boxes', () => {
  test.each([
    ['top-left', { x: 60, y: 60 }],
    ['top', { x: 450, y: 60 }],
    ['center', { x: 450, y: 270 }],
    ['right', { x: 840, y: 270 }],
    ['bottom-right', { x: 840, y: 480 }],
  ])('are fixed at the %s of the safe area', (anchor, expected) => {
    const shape = { type: 'shape', shape: 'rectangle', color: '#fff', anchor, width: 100, height: 60 }
    expect(laid([shape], { margin: '10%' }).items[0]!.at).toMatchObject(expected)
  })

  test('are moved inwards, and measured on the whole picture where they bleed', () => {
    const shape = { type: 'shape', shape: 'rectangle', color: '#fff', anchor: 'bottom-right', x: '10%', y: 30 }
    const at = (more: object) => laid([{ ...shape, ...more }], { margin: 100 }).items[0]!.at
    expect(at({ width: '50%', height: '25%' })).toEqual({ x: 420, y: 370, width: 400, height: 100 })
    expect(at({ width: '50%', height: '25%', bleed: true })).toEqual({ x: 400, y: 420, width: 500, height: 150 })
  })

  test('of a stack stand one below the other, with gaps of their own', () => {
    const solid = { type: 'shape', shape: 'rectangle', color: '#fff', width: '50%', height: 40 }
    const layers = [solid, { ...solid, align: 'right' }, { ...solid, space: 0 }]
    const { items } = laid([{ type: 'stack', width: 200, height: 300, gap: 20, verticalAlign: 'bottom', layers }])
    expect(items.map(({ at }) => [at.x, at.y])).toEqual([
      [0, 160],
      [100, 220],
      [0, 260],
    ])
  })
})

describe('characters that the font does not have', () => {
  const found = (words: string) => checkCharacters(composed([text(words)]), typefaces)

  test.each(['Sommer für alle', 'Žluťoučký kůň', 'Скидка', 'Έκπτωση', 'Giảm giá', '€ 9,90 · −40 % ½ ™'])(
    '%s is all there',
    (words) => {
      expect(found(words)).toEqual({ problems: [], warnings: [] })
    },
  )

  test.each([
    ['שלום', 'ש'],
    ['مرحبا', 'م'],
    ['नमस्ते', 'न'],
    ['ลดราคา', 'ล'],
    ['セール', 'セ'],
    ['할인', '할'],
  ])('letters are refused by name: %s', (words, letter) => {
    const { problems } = found(words)
    expect(problems).toEqual([{ path: 'composition.layers[0].text', message: expect.stringContaining(`"${letter}"`) }])
  })

  test('others are left out with a warning, and marks without a letter of their own are told', () => {
    expect(found('Sale ✓ 🎉')).toEqual({
      problems: [],
      warnings: ['layers[0]: the font inter does not have "✓", "🎉", which was left out'],
    })
    expect(found('x\u0301').warnings).toEqual([expect.stringContaining('may stand at a wrong place')])
    expect(found('e\u0301').warnings).toEqual([])
    expect(first([text('Sale ✓')]).lines).toHaveLength(1)
  })

  test('are looked for in stacks as well', () => {
    const stack = composed([{ type: 'stack', layers: [text('a'), text('б')] }])
    expect(textsOf(stack.layers).map(({ path }) => path)).toEqual(['layers[0].layers[0]', 'layers[0].layers[1]'])
  })
})
