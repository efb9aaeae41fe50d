import { Composition } from '@turnout/contract'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { resolveComposition } from '../../../core/template/resolve.ts'
import { composePicture, type Ground, planLayout } from './index.ts'

const SIZE = { width: 320, height: 200 }
const flat = (red: number, green = red, blue = red): Ground => ({ ...SIZE, color: { red, green, blue, opacity: 1 } })
const picture = (background: string, format: 'png' | 'jpeg' = 'png', size = SIZE) =>
  sharp({ create: { ...size, channels: 3, background } })
    .toFormat(format)
    .toBuffer()
const NEVER = new AbortController().signal
const nobody = () => Promise.reject(new Error('no picture was to be read'))

interface Options {
  more?: object
  values?: Record<string, string>
  read?: (source: string, param: string) => Promise<Uint8Array>
}

function draw(ground: Ground, layers: unknown[], { more, values = {}, read = nobody }: Options = {}) {
  const { composition, problems } = resolveComposition(Composition.parse({ margin: 0, layers, ...more }), values)
  expect(problems).toEqual([])
  return composePicture(ground, composition, read, NEVER)
}
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, size: 30, ...more })
const box = (more: object) => ({ type: 'shape', shape: 'rectangle', color: '#ff0000', ...more })

async function pixels(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 4, (y * info.width + x) * 4 + 4)]
  return { at, width: info.width, height: info.height, data }
}

describe('drawing', () => {
  test('the same twice gives the same bytes, in every format', async () => {
    const ground = await picture('#336699')
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const layers = [
        text('Sale – 40 %', { backing: 'shadow' }),
        box({ shape: 'starburst', anchor: 'right', width: 80 }),
      ]
      const [one, other] = await Promise.all([1, 2].map(() => draw(ground, layers, { more: { format } })))
      expect(one!.bytes.equals(other!.bytes)).toBe(true)
      expect((await sharp(one!.bytes).metadata()).format).toBe(format)
      expect(one!.mediaType).toBe(`image/${format}`)
    }
  })

  test('text is where the layout says it is, and nowhere else', async () => {
    const { bytes, layout } = await draw(flat(0), [
      text('Summer', { anchor: 'center', width: 200, height: 60, align: 'center', verticalAlign: 'middle' }),
    ])
    const [placed] = layout.layers
    const { data, width } = await pixels(bytes)
    let [left, right, top, bottom] = [width, 0, 1000, 0]
    for (let i = 0; i < data.length; i += 4) {
      if (data[i]! < 40) continue
      const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)]
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
    expect(Math.abs(left - placed!.x)).toBeLessThan(2)
    expect(Math.abs(right - (placed!.x + placed!.width))).toBeLessThan(2)
    expect(Math.abs(top - placed!.y)).toBeLessThan(2)
    expect(Math.abs(bottom - (placed!.y + placed!.height))).toBeLessThan(2)
    expect(placed).toMatchObject({ lines: ['Summer'], color: '#ffffff', contrast: 21 })
  })

  test('layers lie one above the other, and those beyond the picture do no harm', async () => {
    const { bytes } = await draw(
      flat(255),
      [
        box({ width: '50%' }),
        box({ color: '#0000ff80', width: '50%', height: '50%' }),
        box({ x: 5000, y: -5000 }),
        text('far away', { x: -900 }),
        { type: 'image', source: 'art_1', x: 300, y: 180, width: 100, height: 100, fit: 'cover' },
      ],
      { read: async () => new Uint8Array(await picture('#00ff00')) },
    )
    const { at } = await pixels(bytes)
    expect(at(20, 150)).toEqual([255, 0, 0, 255])
    expect(at(20, 20)).toEqual([127, 0, 128, 255])
    expect(at(200, 20)).toEqual([255, 255, 255, 255])
    expect(at(310, 190)).toEqual([0, 255, 0, 255])
  })

  test.each([
    ['rectangle', { radius: 40 }, [5, 5], [100, 50]],
    ['circle', {}, [5, 5], [100, 50]],
    ['starburst', { points: 12, depth: 0.3 }, [3, 50], [100, 50]],
    ['line', {}, [1, 1], [100, 50]],
  ])('a %s has its shape', async (shape, more, outside, inside) => {
    const { bytes } = await draw(flat(255), [box({ shape, width: 200, height: 100, ...more })])
    const { at } = await pixels(bytes)
    expect(at(outside[0]!, outside[1]!)).toEqual([255, 255, 255, 255])
    expect(at(inside[0]!, inside[1]!)).toEqual([255, 0, 0, 255])
  })

  test.each([
    ['bottom', [10, 195], [10, 4]],
    ['top', [10, 4], [10, 195]],
    ['left', [4, 100], [315, 100]],
    ['right', [315, 100], [4, 100]],
  ])('a scrim is strongest at the %s', async (towards, strong, clear) => {
    const { at } = await pixels((await draw(flat(255), [box({ shape: 'scrim', color: '#000', towards })])).bytes)
    expect(at(strong[0]!, strong[1]!)[0]).toBeLessThan(10)
    expect(at(clear[0]!, clear[1]!)[0]).toBeGreaterThan(245)
  })

  test('a picture is brought to the size of the canvas', async () => {
    const wide = await sharp({ create: { width: 400, height: 100, channels: 3, background: '#ff0000' } })
      .composite([{ input: await picture('#0000ff', 'png', { width: 100, height: 100 }), left: 300, top: 0 }])
      .png()
      .toBuffer()
    const canvas = { width: 100, height: 100 }
    const seen = async (more: object) => {
      const { bytes, layout } = await draw(wide, [box({ width: 0 })], { more: { canvas: { ...canvas, ...more } } })
      expect(layout).toMatchObject(canvas)
      const { at } = await pixels(bytes)
      return [at(50, 50), at(50, 2)].map(([red, green, blue]) => [red, green, blue].join())
    }
    expect(await seen({ position: 'right' })).toEqual(['0,0,255', '0,0,255'])
    expect(await seen({})).toEqual(['255,0,0', '255,0,0'])
    expect(await seen({ fit: 'contain', background: '#00ff00' })).toEqual(['255,0,0', '0,255,0'])
  })

  test('a jpeg is turned upright first', async () => {
    const turned = await sharp(await picture('#808080', 'jpeg'))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect((await draw(turned, [text('x')])).layout).toMatchObject({ width: 200, height: 320 })
  })

  test('a plan without a picture stands where the drawing does', async () => {
    const { composition } = resolveComposition(
      Composition.parse({ layers: [text('Sale'), text('now', { color: '#123456' })] }),
      {},
    )
    const { layout } = await planLayout(composition, SIZE)
    const drawn = (await composePicture(flat(0), composition, nobody, NEVER)).layout
    expect(layout.layers.map(({ x, y, width, height }) => [x, y, width, height])).toEqual(
      drawn.layers.map(({ x, y, width, height }) => [x, y, width, height]),
    )
    expect(layout.layers.map(({ color, contrast }) => [color, contrast])).toEqual([
      [undefined, null],
      ['#123456', null],
    ])
  })
})

describe('contrast', () => {
  test.each([
    [0, '#ffffff'],
    [255, '#101318'],
    [200, '#101318'],
  ])('over a grey of %i text is %s', async (grey, color) => {
    const { layout, warnings } = await draw(flat(grey), [text('Sale')])
    expect(layout.layers[0]).toMatchObject({ color })
    expect(layout.layers[0]!.contrast).toBeGreaterThanOrEqual(4.5)
    expect([layout.layers[0]!.scrim, warnings]).toEqual([undefined, []])
  })

  test('a scrim is drawn where the picture is light and dark, and the ratio is measured on what was drawn', async () => {
    const stripes = Array.from({ length: 16 }, (_, index) => box({ color: '#000', x: index * 20, width: 10 }))
    const { layout, warnings, bytes } = await draw(flat(255), [...stripes, text('Sale now', { color: '#ffffff' })])
    const placed = layout.layers.at(-1)!
    expect(placed.scrim).toBeGreaterThan(0.3)
    expect([placed.contrast! >= 4.5, warnings]).toEqual([true, []])
    const { at } = await pixels(bytes)
    expect(at(Math.round(placed.x) - 3 + 18, Math.round(placed.y + placed.height) + 4)[0]).toBeLessThan(180)
    expect(at(315, 190)[0]).toBe(255)
  })

  test('a layer sees those that were drawn before it', async () => {
    const { layout } = await draw(flat(255), [box({ color: '#101010' }), text('Sale')])
    expect(layout.layers[1]).toMatchObject({ color: '#ffffff' })
  })

  test('what is not reached is told', async () => {
    const { warnings } = await draw(flat(255), [text('Sale', { color: '#eeeeee', backing: 'none' })])
    expect(warnings).toEqual(['layers[0] reaches a contrast of 1.1 instead of 4.5'])
  })

  test('on a plate it is that of the plate, and the button is centred by its capitals', async () => {
    const plate = { color: '#ffd23f', paddingX: 1, paddingY: 1, radius: 5 }
    const { layout, warnings, bytes } = await draw(flat(0), [text('H', { plate, size: 40 })])
    expect([layout.layers[0]!.color, warnings]).toEqual(['#101318', []])
    const { at } = await pixels(bytes)
    const { width, height } = layout.layers[0]!
    expect(at(Math.round(width / 2), Math.round(height / 2)).slice(0, 3)).toEqual([0x10, 0x13, 0x18])
    expect(at(Math.round(width / 2), Math.round(height / 2) - 25).slice(0, 3)).toEqual([0xff, 0xd2, 0x3f])
    expect(at(1, 1).slice(0, 3)).toEqual([0, 0, 0])
  })
})

describe('pictures over pictures', () => {
  const logo = async () => new Uint8Array(await picture('#00ff00', 'png', { width: 40, height: 20 }))
  const at = async (layer: object, x: number, y: number) => {
    const layers = [{ type: 'image', source: 'art_logo', width: 100, height: 100, ...layer }]
    return (await pixels((await draw(flat(255), layers, { read: logo })).bytes)).at(x, y).slice(0, 3)
  }

  test('are contained or cover, where they are to stand, as faint as wanted', async () => {
    expect(await at({}, 50, 50)).toEqual([0, 255, 0])
    expect(await at({}, 50, 10)).toEqual([255, 255, 255])
    expect(await at({ verticalAlign: 'top' }, 50, 10)).toEqual([0, 255, 0])
    expect(await at({ fit: 'cover' }, 50, 10)).toEqual([0, 255, 0])
    expect(await at({ fit: 'cover', radius: 50 }, 3, 3)).toEqual([255, 255, 255])
    const [red] = await at({ opacity: 0.5 }, 50, 50)
    expect(Math.abs(red! - 128)).toBeLessThan(3)
  })

  test.each([
    ['no picture', Buffer.from('GIF? no')],
    [
      'a drawing with a file in it',
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
      ),
    ],
  ])('%s is refused with the path of the layer', async (_what, bytes) => {
    const read = async () => new Uint8Array(bytes)
    const drawing = draw(flat(255), [{ type: 'image', source: 'art_1' }], { read })
    await expect(drawing).rejects.toMatchObject({ code: 'invalid_input', param: expect.stringContaining('layers[0]') })
  })

  test('the ground, too, must be a picture', async () => {
    const drawing = draw(new Uint8Array(Buffer.from('nothing')), [text('x')])
    await expect(drawing).rejects.toMatchObject({ code: 'invalid_input', param: 'picture' })
  })

  test('nothing is drawn for a client that went away', async () => {
    const { composition } = resolveComposition(Composition.parse({ layers: [text('x')] }), {})
    await expect(composePicture(flat(0), composition, nobody, AbortSignal.abort())).rejects.toThrow('aborted')
  })
})

describe('hostile words', () => {
  test.each([
    '"/><script>alert(1)</script>',
    '</svg><svg onload="x">',
    '<image href="file:///etc/passwd" width="320" height="200"/>',
    '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    '&lt;b&gt; & "quotes" \'n\' <>',
    ']]><rect width="320" height="200" fill="red"/>',
  ])('are drawn as they are: %s', async (words) => {
    const { layout, bytes } = await draw(flat(0), [text('{{ words }}', { size: { min: 4, max: 20 } })], {
      values: { words },
    })
    expect(layout.layers[0]!.lines!.join('').replace(/\s/g, '')).toBe(words.replace(/\s/g, ''))
    const { data } = await pixels(bytes)
    // White letters on black, and nothing red.
    for (let i = 0; i < data.length; i += 4) expect(Math.abs(data[i]! - data[i + 1]!)).toBeLessThan(4)
  })

  test('no word reaches the drawing through a colour', () => {
    const layer = box({ color: '{{ c }}' })
    const { problems } = resolveComposition(Composition.parse({ layers: [layer] }), { c: 'url(file:///x)" onload="' })
    expect(problems).toHaveLength(1)
  })
})
