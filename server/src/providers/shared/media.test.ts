import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { multipartBoundary, parseMultipart } from '../../lib/multipart.ts'
import {
  aspectRatioOf,
  formRequest,
  inlineOf,
  leftOut,
  mediaTypeOfHeader,
  mediaTypeOfUrl,
  nearestShape,
  pictureOf,
  seedWithin,
  shapeOf,
  urlOf,
  urlOrBase64,
} from './media.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const PNG = latin1('\x89PNG\r\n\x1a\n0000')

describe('media types', () => {
  test.each([
    ['image/webp', 'image/webp'],
    ['Image/PNG; charset=binary', 'image/png'],
    ['image/svg+xml', 'image/svg+xml'],
    ['application/json; type=image/png', undefined],
    ['image/*', undefined],
    [undefined, undefined],
  ])('header %s', (header, expected) => {
    expect(mediaTypeOfHeader(header)).toBe(expected)
  })

  test.each([
    ['https://delivery-eu1.bfl.ai/results/a/sample.jpeg?sig=x.png', 'image/jpeg'],
    ['https://host/a.MP4', 'video/mp4'],
    ['https://host/a', undefined],
    ['https://host/constructor.constructor', undefined],
  ])('%s', (url, expected) => {
    expect(mediaTypeOfUrl(url)).toBe(expected)
  })
})

describe('pictures', () => {
  test('are written as the provider reads them', () => {
    const inline = { base64: 'QUJD', mediaType: 'image/png' }
    expect([urlOf(inline), urlOrBase64(inline)]).toEqual(['data:image/png;base64,QUJD', 'QUJD'])
    const link = { url: 'https://host/a.png' }
    expect([urlOf(link), urlOrBase64(link)]).toEqual([link.url, link.url])
  })

  test('a link is refused where the provider fetches none', () => {
    expect(() => inlineOf({ url: 'https://host/a.png' }, 'stability')).toThrow(
      expect.objectContaining({ code: 'invalid_input', provider: 'stability' }),
    )
  })

  test('are read from text', () => {
    expect(pictureOf('data:image/webp;base64,QUJD')).toEqual({ base64: 'QUJD', mediaType: 'image/webp' })
    expect(pictureOf('https://host/a.png')).toEqual({ url: 'https://host/a.png' })
    expect(pictureOf(PNG.toString('base64'))).toEqual({ base64: PNG.toString('base64'), mediaType: 'image/png' })
  })
})

describe('shapes', () => {
  const ratios = ['auto', '21:9', '16:9', '1:1', '9:16']

  test.each([
    [{ width: 1920, height: 1080 }, '16:9', ' became 16:9.'],
    [{ width: 1000, height: 1100 }, '1:1', ', the nearest that the model has.'],
    [{ width: 4000, height: 100 }, '21:9', ', the nearest that the model has.'],
  ])('%o', (size, aspectRatio, end) => {
    const fitted = aspectRatioOf(size, ratios)
    expect(fitted.aspectRatio).toBe(aspectRatio)
    expect(fitted.warning).toContain(`${size.width}x${size.height}`)
    expect(fitted.warning.endsWith(end)).toBe(true)
  })

  test('no other candidate is nearer, and turning the picture turns the answer', () => {
    const side = fc.integer({ min: 64, max: 4096 })
    const turned = (ratio: string) => ratio.split(':').reverse().join(':')
    const list = ['3:2', '1:1', '2:3', '2:1', '1:2']
    fc.assert(
      fc.property(side, side, (width, height) => {
        const nearest = nearestShape(width / height, list, shapeOf)
        const distance = (ratio: string) => Math.abs(Math.log(shapeOf(ratio) / (width / height)))
        expect(Math.min(...list.map(distance))).toBeCloseTo(distance(nearest), 12)
        const other = nearestShape(height / width, list, shapeOf)
        expect(distance(turned(other))).toBeCloseTo(distance(nearest), 12)
      }),
    )
  })
})

test('settings that are not taken are told, those that were not asked for are not', () => {
  const told = leftOut(
    { seed: 0, steps: 4, style: undefined, loras: [], pictures: [], background: 'opaque', mask: { url: 'x' } },
    ['seed'],
  )
  expect(told).toEqual([
    'The model takes no number of steps; it was left out (steps).',
    'The model takes no mask; it was left out (mask).',
  ])
  expect(leftOut({ background: 'transparent' }, [])).toHaveLength(1)
})

test('a seed is brought within its bounds', () => {
  const warnings: string[] = []
  expect([undefined, 7, 11, -3].map((seed) => seedWithin(seed, 10, warnings))).toEqual([undefined, 7, 0, 3])
  expect(warnings).toHaveLength(2)
})

describe('a form', () => {
  const read = ({ headers, body }: ReturnType<typeof formRequest>) =>
    parseMultipart(Buffer.from(body as string), multipartBoundary(headers['content-type']!)!)

  test('has fields as text, objects as JSON, and pictures as files', () => {
    const picture = { base64: PNG.toString('base64'), mediaType: 'image/png' }
    const request = formRequest(
      { prompt: 'a cat', n: 2, no: undefined, nor: null, controls: { a: [1] } },
      [['image', picture]],
      {
        accept: 'image/*',
      },
    )
    expect(request.headers.accept).toBe('image/*')
    expect(
      read(request).map(({ name, filename, contentType, data }) => [
        name,
        filename,
        contentType,
        data.toString('latin1'),
      ]),
    ).toEqual([
      ['prompt', undefined, undefined, 'a cat'],
      ['n', undefined, undefined, '2'],
      ['controls', undefined, undefined, '{"a":[1]}'],
      ['image', 'image.png', 'image/png', PNG.toString('latin1')],
    ])
  })

  test('keeps any text apart from the next, and any name in its header', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' })),
        (fields) => {
          const parts = read(formRequest(fields, [], {}))
          expect(parts.map(({ data }) => data.toString())).toEqual(
            Object.values(fields).map((value) => Buffer.from(value).toString()),
          )
        },
      ),
    )
  })
})
