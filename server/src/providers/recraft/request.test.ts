import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import { urlOf } from '../shared/media.ts'
import { readOpenApi, requestValidator } from '../testing/openapi.ts'
import { wireFolder } from '../testing/wire.ts'
import { recraftRequest } from './request.ts'

const INLINE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }
const STYLE_ID = '229b2a75-05e4-4580-85f9-b47ee521a00d'
const call = (more: Partial<ImageCall>): ImageCall => ({ model: 'recraftv3', prompt: 'a fox', count: 1, ...more })
const request = (more: Partial<ImageCall>) => recraftRequest(call(more), 'recraft')

const side = fc.integer({ min: 64, max: 4096 })
const MODELS = ['recraftv2', 'recraftv3', 'recraftv3_vector', 'recraftv4', 'recraftv4_pro', 'recraftv4_1_pro_vector']

const anyCall: fc.Arbitrary<ImageCall> = fc.record(
  {
    model: fc.constantFrom(...MODELS),
    prompt: fc.string(),
    count: fc.integer({ min: 1, max: 6 }),
    negativePrompt: fc.string(),
    size: fc.record({ width: side, height: side }),
    seed: fc.integer(),
    strength: fc.double({ min: 0, max: 1, noNaN: true }),
    style: fc.constantFrom('realistic_image', 'digital_illustration/hand_drawn', 'icon', STYLE_ID),
    outputFormat: fc.constantFrom('png', 'jpeg', 'webp', 'svg', 'gif'),
    pictures: fc.array(fc.constantFrom(INLINE, { url: 'https://host/a.png' }), { maxLength: 1 }),
    mask: fc.constant(INLINE),
    steps: fc.integer(),
    inputs: fc.constantFrom(
      {},
      { controls: { no_text: true, colors: [{ rgb: [1, 2, 3] }] } },
      { creativity: 'simple' },
    ),
  },
  { requiredKeys: ['model', 'prompt', 'count', 'inputs'] },
)

describe.skipIf(wireFolder() === undefined)(
  "against Recraft's own description (skipped without the wire folder)",
  () => {
    const spec = wireFolder() === undefined ? {} : readOpenApi('recraft/openapi.2026-08-22.yaml')
    const validator = (path: string, mediaType: string) =>
      wireFolder() === undefined ? () => [] : requestValidator(spec, 'POST', `/v1${path}`, mediaType)
    const paths = ['/images/generations', '/images/imageToImage', '/images/inpaint']
    const json = new Map(paths.map((path) => [path, validator(path, 'application/json')]))
    const form = new Map(paths.map((path) => [path, validator(path, 'multipart/form-data')]))

    test('whatever is asked for, the request is valid as JSON and as a form', () => {
      fc.assert(
        fc.property(anyCall, (asked) => {
          // A mask belongs to a picture.
          const whole = asked.mask && !asked.pictures?.length ? { ...asked, pictures: [INLINE] } : asked
          const { path, fields, pictures } = recraftRequest(whole, 'recraft')
          const links = Object.fromEntries(pictures.map(([field, picture]) => [`${field}_url`, urlOf(picture)]))
          expect(json.get(path)!({ ...fields, ...links })).toEqual([])
          const files = Object.fromEntries(pictures.map(([field]) => [field, 'bytes']))
          expect(form.get(path)!({ ...fields, ...files })).toEqual([])
        }),
        { numRuns: 300 },
      )
    })
  },
)

describe('sizes', () => {
  test.each([
    ['recraftv3', 1024, 1024, '1024x1024', 0],
    ['recraftv3', 1920, 1080, '1820x1024', 1],
    ['recraftv2', 500, 1000, '1024x2048', 1],
    ['recraftv4_1', 1920, 1080, '1344x768', 1],
    ['recraftv4', 1820, 1024, '1344x768', 1],
    ['recraftv4_pro', 1920, 1080, '2688x1536', 1],
    ['recraftv4_1_pro', 2048, 2048, '2048x2048', 0],
    ['recraftv3_vector', 1920, 1080, '16:9', 1],
    ['flux2_pro', 1234, 567, '1234x567', 0],
  ])('%s: %dx%d is %s', (model, width, height, size, warnings) => {
    const made = request({ model, size: { width, height } })
    expect([made.fields.size, made.warnings.length]).toEqual([size, warnings])
  })

  test('an aspect ratio goes as it is', () => {
    expect(request({ aspectRatio: '6:10' })).toMatchObject({ fields: { size: '6:10' }, warnings: [] })
  })
})

describe('styles', () => {
  test.each([
    ['recraftv3', 'realistic_image', { style: 'realistic_image' }, 0],
    ['recraftv3', 'digital_illustration/hand_drawn', { style: 'digital_illustration', substyle: 'hand_drawn' }, 0],
    ['recraftv4_1', STYLE_ID, { style_id: STYLE_ID }, 0],
    ['recraftv4_1', 'realistic_image', {}, 1],
  ])('%s with %s', (model, style, fields, warnings) => {
    const made = request({ model, style })
    const { style: name, substyle, style_id } = made.fields
    expect({ style: name, substyle, style_id }).toEqual({
      style: undefined,
      substyle: undefined,
      style_id: undefined,
      ...fields,
    })
    expect(made.warnings).toHaveLength(warnings)
  })

  test.each([
    ['recraftv3_vector', undefined, true],
    ['recraftv4_1_vector', undefined, true],
    ['recraftv3', 'vector_illustration', true],
    ['recraftv2', 'icon', true],
    ['recraftv3_raster', 'vector_illustration', false],
    ['recraftv3', 'realistic_image', false],
    ['recraftv4_1', undefined, false],
  ])('%s with %s draws: %s', (model, style, vector) => {
    expect(request({ model, style }).vector).toBe(vector)
    expect(request({ model, inputs: style ? { style } : {} }).vector).toBe(vector)
  })
})

describe('settings', () => {
  test('every one in its field', () => {
    expect(request({ count: 3, negativePrompt: 'text', seed: 5, outputFormat: 'png' })).toMatchObject({
      path: '/images/generations',
      fields: {
        model: 'recraftv3',
        prompt: 'a fox',
        n: 3,
        negative_prompt: 'text',
        random_seed: 5,
        image_format: 'png',
        response_format: 'url',
      },
      warnings: [],
    })
  })

  test('what the model does not take is told', () => {
    const { fields, warnings } = request({
      model: 'recraftv4_1',
      negativePrompt: 'text',
      seed: 2 ** 32,
      outputFormat: 'jpeg',
      steps: 4,
      guidanceScale: 2,
      strength: 0.5,
      quality: 'high',
    })
    expect(fields).toEqual({ model: 'recraftv4_1', prompt: 'a fox', n: 1, random_seed: 0, response_format: 'url' })
    expect(warnings).toHaveLength(7)
  })

  test('svg is what a drawing is, and nothing else can be', () => {
    expect(request({ model: 'recraftv4_vector', outputFormat: 'svg' }).warnings).toEqual([])
    expect(request({ model: 'recraftv4_vector', outputFormat: 'png' }).warnings).toHaveLength(1)
    expect(request({ outputFormat: 'svg' }).warnings).toHaveLength(1)
  })

  test('inputs win over the call, and the call over defaults', () => {
    const defaults = { style: 'icon', n: 2, image_format: 'webp' }
    const { fields } = request({ defaults, outputFormat: 'png', inputs: { image_format: 'webp', substyle: 'outline' } })
    expect(fields).toMatchObject({ style: 'icon', n: 1, image_format: 'webp', substyle: 'outline' })
  })
})

describe('pictures', () => {
  test('one is transformed, with a strength', () => {
    expect(request({ pictures: [INLINE], strength: 0.2 })).toMatchObject({
      path: '/images/imageToImage',
      fields: { strength: 0.2 },
      warnings: [],
    })
    const untold = request({ pictures: [INLINE] })
    expect([untold.fields.strength, untold.warnings.length]).toEqual([0.5, 1])
  })

  test('its own size it keeps', () => {
    const { fields, warnings } = request({ pictures: [INLINE], strength: 0.2, size: { width: 1024, height: 1024 } })
    expect(fields).not.toHaveProperty('size')
    expect(warnings).toHaveLength(1)
  })

  test('with a mask it is painted anew there', () => {
    const { path, pictures } = request({ pictures: [INLINE], mask: INLINE })
    expect([path, pictures.map(([field]) => field)]).toEqual(['/images/inpaint', ['image', 'mask']])
  })

  test('several are refused', () => {
    expect(() => request({ pictures: [INLINE, INLINE] })).toThrow(
      expect.objectContaining({ code: 'invalid_input', param: 'pictures' }),
    )
  })
})
