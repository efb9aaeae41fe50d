import type { Model } from '@turnout/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitImage } from './fit.ts'
import type { ImageRequest, SettingNames } from './request.ts'

const model = (limits: Model['limits'], capabilities: Model['capabilities'] = {}) =>
  ({ id: 'painter', limits, capabilities, defaults: {} }) as Model
const asked = (settings: Partial<ImageRequest>): ImageRequest => ({ prompt: 'a tram', count: 1, ...settings })
const fitted = (record: Model, settings: Partial<ImageRequest>, names?: SettingNames) => {
  const { settings: sent, mapped } = fitImage(record, asked(settings), names)
  return { ...sent, mapped }
}
const fit = (limits: Model['limits'], settings: Partial<ImageRequest>) => fitted(model(limits), settings)

const LISTED = { sizes: ['auto', '1024x1024', '1536x1024', '1024x1536'] }
const FREE = { minSide: 256, maxSide: 3840, sideMultiple: 16, maxPixels: 3840 * 2160, maxAspect: 3 }

test('without a size none is sent', () => {
  expect(fit(LISTED, {})).toMatchObject({ size: undefined, aspectRatio: undefined, mapped: [] })
})

test.each([
  [512, 512, '1024x1024'],
  [1920, 1080, '1536x1024'],
  [720, 1280, '1024x1536'],
  [1024, 1024, '1024x1024'],
])('%i x %i becomes the listed %s', (width, height, expected) => {
  const { size, mapped } = fit(LISTED, { width, height })
  expect(`${size!.width}x${size!.height}`).toBe(expected)
  expect(mapped.map(({ setting }) => setting)).toEqual(
    (['width', 'height'] as const).filter((side) => size![side] !== { width, height }[side]),
  )
})

test('one side alone asks for a square', () => {
  expect(fit({}, { width: 640 }).size).toEqual({ width: 640, height: 640 })
})

test('a size within free limits stays as it is', () => {
  expect(fit(FREE, { width: 1920, height: 1088 })).toMatchObject({ size: { width: 1920, height: 1088 }, mapped: [] })
})

test('whatever is asked for, what is sent is allowed, and every change is reported', () => {
  const side = fc.integer({ min: 64, max: 8192 })
  fc.assert(
    fc.property(side, side, (width, height) => {
      const { size, mapped } = fit(FREE, { width, height })
      expect(size!.width % 16).toBe(0)
      expect(size!.height % 16).toBe(0)
      expect(Math.max(size!.width, size!.height)).toBeLessThanOrEqual(3840)
      expect(Math.min(size!.width, size!.height)).toBeGreaterThanOrEqual(256)
      expect(size!.width * size!.height).toBeLessThanOrEqual(3840 * 2160)
      expect(mapped.length).toBe(Number(size!.width !== width) + Number(size!.height !== height))
    }),
  )
})

test.each([
  ['negativePrompt', { negativePrompt: false }, { negativePrompt: 'rain' }],
  ['seed', { seed: false }, { seed: 7 }],
  ['steps', { steps: false }, { steps: 20 }],
  ['guidanceScale', { guidance: false }, { guidanceScale: 3 }],
] as const)('%s is refused by name where the model has no notion of it', (setting, capabilities, settings) => {
  expect(() => fitted(model({}, capabilities), settings)).toThrow(setting)
})

test('too long a prompt is refused with what is allowed', () => {
  expect(() => fit({ promptCharacters: 5 }, { prompt: 'a tram' })).toThrow('at most 5 characters')
})

describe('a model that has aspect ratios', () => {
  const RATIOS = { aspectRatios: ['21:9', '16:9', '3:2', '1:1', '2:3', '9:16'] }

  test.each([
    [1920, 1080, '16:9'],
    [1024, 1024, '1:1'],
    [1000, 1600, '2:3'],
    [4000, 1000, '21:9'],
  ])('gets the one nearest to %i x %i, and that is told', (width, height, expected) => {
    const { size, aspectRatio, mapped } = fit(RATIOS, { width, height })
    expect({ size, aspectRatio }).toEqual({ size: undefined, aspectRatio: expected })
    expect(mapped).toEqual([
      { setting: 'size', asked: `${width}x${height}`, used: expected, reason: expect.stringContaining('21:9, 16:9') },
    ])
  })

  test('takes one that it has as it is', () => {
    expect(fit(RATIOS, { aspectRatio: '3:2' })).toMatchObject({ aspectRatio: '3:2', mapped: [] })
  })

  test('gets the nearest of its own for one that it has not', () => {
    expect(fit(RATIOS, { aspectRatio: '4:3' })).toMatchObject({
      aspectRatio: '3:2',
      mapped: [{ setting: 'aspectRatio', asked: '4:3', used: '3:2' }],
    })
  })

  test('and sizes too gets whichever was asked for', () => {
    const both = { ...RATIOS, sizes: ['1024x1024', '1344x768'] }
    expect(fit(both, { width: 1900, height: 1000 })).toMatchObject({ size: { width: 1344, height: 768 } })
    expect(fit(both, { aspectRatio: '16:9' })).toMatchObject({ size: undefined, aspectRatio: '16:9', mapped: [] })
  })

  test('of any kind gets the shape itself', () => {
    const record = { ...model({}), inputs: { properties: { aspect_ratio: { type: 'string' } } } } as Model
    expect(fitted(record, { width: 1400, height: 600 })).toMatchObject({ aspectRatio: '7:3', size: undefined })
  })
})

describe('an aspect ratio that a model does not know', () => {
  test.each([
    [{ sizes: ['1024x1024', '1536x1024', '1024x1536'] }, '16:9', '1536x1024'],
    [{ sideMultiple: 64, minSide: 256, maxSide: 2048 }, '1:1', '1024x1024'],
    [{}, '16:9', '1360x768'],
  ])('becomes a size within %j', (limits, aspectRatio, expected) => {
    const { size, mapped } = fit(limits, { aspectRatio })
    expect(`${size!.width}x${size!.height}`).toBe(expected)
    expect(mapped).toMatchObject([{ setting: 'aspectRatio', asked: aspectRatio, used: expected }])
  })

  test('is not to be combined with a size', () => {
    expect(() => fit({}, { aspectRatio: '1:1', width: 64 })).toThrow('aspectRatio cannot be combined')
  })
})

describe('in the words of another dialect', () => {
  const names = { size: 'size', negativePrompt: 'negative_prompt', inputs: '' }

  test('a size is one setting', () => {
    expect(fitted(model(LISTED), { width: 512, height: 512 }, names).mapped).toMatchObject([
      { setting: 'size', asked: '512x512', used: '1024x1024' },
    ])
  })

  test('refusals name the field of the request', () => {
    expect(() => fitted(model({}, { negativePrompt: false }), { negativePrompt: 'x' }, names)).toThrow(
      '(negative_prompt)',
    )
  })
})

const INPUTS = {
  type: 'object',
  properties: {
    quality: { type: 'string', enum: ['low', 'medium', 'high'] },
    style_preset: { type: 'string', enum: ['anime', 'cinematic'] },
    output_format: { type: 'string', enum: ['png', 'webp'] },
    image_url: { type: 'string' },
    points: { type: 'array', items: { type: 'object', properties: { x: { type: 'integer' } } } },
  },
}
const record = (more: object = {}, defaults: object = {}) =>
  ({ ...model({}), inputs: { ...INPUTS, ...more }, defaults }) as Model

describe('words', () => {
  test('of the model go as they are', () => {
    const settings = { quality: 'low', style: 'anime', outputFormat: 'webp', background: 'opaque' } as const
    expect(fitted(record(), settings)).toMatchObject({ ...settings, mapped: [] })
  })

  test('that ask for nothing in particular are not sent', () => {
    expect(fitted(record(), { quality: 'auto', background: 'auto' })).toMatchObject({
      quality: undefined,
      background: undefined,
      mapped: [],
    })
  })

  test('of models that are gone become those of today', () => {
    expect(fitted(record(), { quality: 'hd' })).toMatchObject({
      quality: 'high',
      mapped: [{ setting: 'quality', asked: 'hd', used: 'high' }],
    })
  })

  test('another format of pixels takes the place of one that the model lacks', () => {
    expect(fitted(record(), { outputFormat: 'jpg' })).toMatchObject({
      outputFormat: 'png',
      mapped: [{ setting: 'outputFormat', asked: 'jpg', used: 'png' }],
    })
  })

  test.each([
    ['quality', { quality: 'ultra' }, 'low, medium, high'],
    ['style', { style: 'baroque' }, 'anime, cinematic'],
    ['outputFormat', { outputFormat: 'svg' }, 'png, webp'],
    ['outputFormat', { outputFormat: 'tiff' }, 'png, jpeg'],
  ])('that the model does not have are refused: %s', (setting, settings, allowed) => {
    expect(() => fitted(record(), settings)).toThrow(`${setting} must be one of ${allowed}`)
  })

  test('nobody knows go on where the record tells nothing', () => {
    const settings = { quality: 'ultra', style: 'baroque', outputFormat: 'png' }
    expect(fit({}, settings)).toMatchObject({ ...settings, mapped: [] })
  })

  test('a transparency that cannot be drawn is refused', () => {
    expect(() => fitted(model({}, { transparency: false }), { background: 'transparent' })).toThrow('(background)')
  })
})

describe('inputs', () => {
  const problems = (act: () => unknown): unknown => {
    try {
      act()
    } catch (error) {
      return (error as { details: unknown }).details
    }
    return undefined
  }

  test('are all held against the schema, and every problem is told with its path', () => {
    const inputs = { quality: 'ultra', points: [{ x: 1 }, { x: 'two' }], extra: 1 }
    expect(problems(() => fitted(record({ additionalProperties: false }), { inputs }))).toEqual([
      { path: 'inputs.extra', message: expect.stringMatching(/^is not known; allowed: quality, style_preset/) },
      { path: 'inputs.quality', message: 'must be one of "low", "medium", "high"' },
      { path: 'inputs.points[1].x', message: 'must be integer' },
    ])
  })

  test('that the schema does not name go on where it leaves room', () => {
    expect(fitted(record(), { inputs: { extra: 1 } }).inputs).toEqual({ extra: 1 })
  })

  test('go on unread where the record has no schema', () => {
    expect(fitted(model({}), { inputs: { anything: true } }).inputs).toEqual({ anything: true })
  })

  test('that are required must come, by themselves, by a default or by a picture', () => {
    const needy = { required: ['image_url'] }
    expect(problems(() => fitted(record(needy), {}))).toEqual([{ path: 'inputs.image_url', message: 'is required' }])
    for (const [defaults, settings] of [
      [{}, { inputs: { image_url: 'https://example.com/a.png' } }],
      [{ image_url: 'https://example.com/a.png' }, {}],
      [{}, { pictures: [{ url: 'https://example.com/a.png' }] }],
    ] as const) {
      expect(() => fitted(record(needy, defaults), settings as Partial<ImageRequest>)).not.toThrow()
    }
  })

  test('are held against a pattern that would not end for some of them', () => {
    const slow = record({ properties: { code: { type: 'string', pattern: '^(a+)+$' } } })
    expect(() => fitted(slow, { inputs: { code: 'aaa' } })).not.toThrow()
    expect(problems(() => fitted(slow, { inputs: { code: `${'a'.repeat(40)}!` } }))).toEqual([
      { path: 'inputs.code', message: 'must match pattern "^(a+)+$"' },
    ])
  })

  test('of a record whose schema is none say so', () => {
    expect(() => fitted(record({ type: 'nonsense' }), {})).toThrow('no valid JSON Schema')
  })
})

describe('pictures', () => {
  const picture = { url: 'https://example.com/a.png' }

  test.each([
    ['pictures', { imageInput: false }, { pictures: [picture] }],
    ['mask', { mask: false }, { pictures: [picture], mask: picture }],
    ['loras', { lora: false }, { loras: [{ path: 'x' }] }],
  ])('%s are refused by a model that does not take them', (setting, capabilities, settings) => {
    expect(() => fitted(model({}, capabilities), settings)).toThrow(`(${setting})`)
  })

  test('are counted', () => {
    expect(() => fit({ inputImages: 1 }, { pictures: [picture, picture] })).toThrow(
      'pictures must have at most 1 entries',
    )
  })

  test.each(['mask', 'strength'] as const)('%s alone says nothing', (setting) => {
    const settings = setting === 'mask' ? { mask: picture } : { strength: 0.5 }
    expect(() => fit({}, settings)).toThrow(`${setting} must come with a picture`)
  })
})
