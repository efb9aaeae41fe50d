import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import { type RequestValidator, readOpenApi, requestValidator } from '../testing/openapi.ts'
import { wireFolder } from '../testing/wire.ts'
import { FAMILIES, type Family } from './families.ts'
import { imageRequest } from './image-request.ts'

const SPEC = 'bfl/openapi.2026-05-01.json'
const INLINE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }
const LINK = { url: 'https://host/a.png' }
const call = (more: Partial<ImageCall>): ImageCall => ({ model: 'flux-2-pro', prompt: 'a harbour', count: 1, ...more })
const request = (more: Partial<ImageCall>) => imageRequest(call(more), 'bfl')

const most = ({ pictures }: Family): number => ('list' in pictures ? pictures.most : pictures.length)
const ENDPOINTS = FAMILIES.flatMap((family) => family.models.map((model): [string, Family] => [model, family]))

/** Any call that the family takes: its pictures by URL only where it reads them. */
function anyCall(model: string, family: Family): fc.Arbitrary<ImageCall> {
  const picture = family.links ? fc.constantFrom(INLINE, LINK) : fc.constant(INLINE)
  const side = fc.integer({ min: 1, max: 5000 })
  return fc.record(
    {
      model: fc.constant(model),
      prompt: fc.string(),
      count: fc.integer({ min: 1, max: 4 }),
      pictures: fc.array(picture, { minLength: 1, maxLength: most(family) }),
      negativePrompt: fc.string(),
      size: fc.record({ width: side, height: side }),
      aspectRatio: fc.constantFrom('21:9', '16:9', '1:1', '9:21'),
      seed: fc.integer(),
      guidanceScale: fc.double({ min: 0, max: 200, noNaN: true }),
      steps: fc.integer({ min: 0, max: 200 }),
      strength: fc.double({ min: 0, max: 1, noNaN: true }),
      mask: picture,
      style: fc.string(),
      outputFormat: fc.constantFrom('png', 'jpeg', 'webp', 'svg', 'gif'),
      background: fc.constant('transparent'),
      inputs: fc.constant(model.endsWith('finetuned') ? { finetune_id: 'mine' } : {}),
    },
    { requiredKeys: ['model', 'prompt', 'count', 'pictures', 'inputs'] },
  )
}

describe.skipIf(wireFolder() === undefined)("against BFL's own description (skipped without the wire folder)", () => {
  const spec = wireFolder() === undefined ? {} : readOpenApi(SPEC)
  const isDescribed = (model: string) => `/v1/${model}` in ((spec.paths ?? {}) as object)
  const described = ENDPOINTS.filter(([model]) => isDescribed(model))

  test('every endpoint that generates is in the table', () => {
    const paths = Object.keys((spec.paths ?? {}) as object)
    const models = paths.filter((path) => path.startsWith('/v1/flux-')).map((path) => path.slice(4))
    expect(described.map(([model]) => model).sort()).toEqual(models.sort())
  })

  test.each(described)('%s: whatever is asked for, the request is valid', (model, family) => {
    const validate: RequestValidator = requestValidator(spec, 'POST', `/v1/${model}`)
    fc.assert(
      fc.property(anyCall(model, family), (asked) => {
        expect(validate(imageRequest(asked, 'bfl').body)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

/** The settings of a call, and the fields in which they may arrive. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  size: ['width', 'aspect_ratio'],
  aspectRatio: ['width', 'aspect_ratio'],
  seed: ['seed'],
  guidanceScale: ['guidance'],
  steps: ['steps'],
  strength: ['image_prompt_strength'],
  mask: ['mask'],
  negativePrompt: [],
  style: [],
}

test.each(ENDPOINTS)('%s: nothing that is asked for is left out in silence', (model, family) => {
  fc.assert(
    fc.property(anyCall(model, family), (asked) => {
      const { body, warnings } = imageRequest(asked, 'bfl')
      for (const [setting, fields] of Object.entries(FIELDS)) {
        if (asked[setting as keyof ImageCall] === undefined) continue
        const arrived = fields.some((field) => field in body)
        expect([setting, arrived || warnings.some((warning) => warning.includes(`(${setting})`))]).toEqual([
          setting,
          true,
        ])
      }
      if (asked.outputFormat && asked.outputFormat !== body.output_format) {
        expect(warnings.some((warning) => /format|write/.test(warning))).toBe(true)
      }
    }),
    { numRuns: 40 },
  )
})

describe('models', () => {
  test.each([
    ['flux-dev', 'flux-dev', 0],
    ['black-forest-labs/FLUX.1-dev', 'flux-dev', 0],
    ['flux.1-dev', 'flux-dev', 0],
    ['bfl/flux-2-max', 'flux-2-max', 0],
    ['flux-1.1-pro', 'flux-pro-1.1', 0],
    ['flux-pro', 'flux-pro-1.1', 1],
    ['FLUX.1-pro', 'flux-pro-1.1', 1],
    ['flux-9-huge', 'flux-9-huge', 0],
    ['constructor', 'constructor', 0],
  ])('%s is called at %s', (model, endpoint, warnings) => {
    const made = request({ model })
    expect([made.endpoint, made.warnings.length]).toEqual([endpoint, warnings])
  })
})

describe('fields', () => {
  test('FLUX.3 image takes a list of pictures, a shape and a class of resolution', () => {
    const { body, warnings } = request({
      model: 'flux-3-image',
      pictures: [INLINE, LINK],
      size: { width: 2048, height: 1152 },
      seed: 3,
      inputs: { grounding: false },
    })
    expect(body).toEqual({
      prompt: 'a harbour',
      images: [INLINE.base64, LINK.url],
      aspect_ratio: '16:9',
      resolution: '1.5k',
      grounding: false,
    })
    expect(warnings).toHaveLength(3)
  })

  test.each([
    [{ width: 1024, height: 1024 }, '1k'],
    [{ width: 768, height: 768 }, '768sq'],
    [{ width: 2048, height: 2048 }, '2k'],
    [{ width: 4096, height: 4096 }, '4k'],
  ])('FLUX.3 image: %o is %s', (size, resolution) => {
    expect(request({ model: 'flux-3-image', size }).body).toMatchObject({ resolution, aspect_ratio: '1:1' })
  })

  test('FLUX.2 without a shape is left to choose one', () => {
    expect(request({}).body).toEqual({ prompt: 'a harbour' })
  })

  test('a shape becomes a size of about a megapixel', () => {
    const { body, warnings } = request({ aspectRatio: '16:9' })
    expect(body).toMatchObject({ width: 1360, height: 768 })
    expect(warnings).toHaveLength(1)
    expect(request({ model: 'flux-dev', aspectRatio: '9:21' }).body).toMatchObject({ width: 608, height: 1440 })
  })

  test('sizes of FLUX.1 are in steps of 32 and within bounds; those that fit are not touched', () => {
    const model = 'flux-pro-1.1'
    expect(request({ model, size: { width: 1024, height: 768 } })).toMatchObject({
      body: { width: 1024, height: 768 },
      warnings: [],
    })
    const { body, warnings } = request({ model, size: { width: 2000, height: 100 } })
    expect(body).toMatchObject({ width: 1440, height: 256 })
    expect(warnings).toHaveLength(1)
  })

  test('the ultra model weighs the picture by how little is to be changed', () => {
    const { body } = request({ model: 'flux-pro-1.1-ultra', pictures: [INLINE], strength: 0.7 })
    expect(body).toMatchObject({ image_prompt: INLINE.base64, image_prompt_strength: 0.3 })
  })

  test('several pictures are numbered', () => {
    expect(request({ model: 'flux-kontext-max', pictures: [INLINE, LINK, INLINE] }).body).toEqual({
      prompt: 'a harbour',
      input_image: INLINE.base64,
      input_image_2: LINK.url,
      input_image_3: INLINE.base64,
    })
  })

  test('the tools have fields of their own and some no prompt', () => {
    const pictures = [INLINE, LINK]
    expect(request({ model: 'flux-tools/vto-v2', pictures }).body).toEqual({
      prompt: 'a harbour',
      person: INLINE.base64,
      garment: LINK.url,
    })
    expect(request({ model: 'flux-tools/erase-v1', pictures: [LINK], mask: INLINE }).body).toEqual({
      image: LINK.url,
      mask: INLINE.base64,
    })
    const outpaint = request({
      model: 'flux-tools/outpainting-v1',
      pictures: [LINK],
      size: { width: 1600, height: 800 },
    })
    expect(outpaint.body).toEqual({ prompt: 'a harbour', input_image: LINK.url, width: 1600, height: 800 })
    expect(request({ model: 'flux-pro-1.0-expand', pictures: [LINK], inputs: { top: 200 } }).body).toEqual({
      prompt: 'a harbour',
      image: LINK.url,
      top: 200,
    })
  })

  test('inputs win over the call, and the call over defaults', () => {
    const defaults = { seed: 1, safety_tolerance: 5, output_format: 'png' }
    const { body } = request({ seed: 2, outputFormat: 'jpeg', defaults, inputs: { output_format: 'webp' } })
    expect(body).toEqual({ prompt: 'a harbour', seed: 2, safety_tolerance: 5, output_format: 'webp' })
  })

  test('a picture that cannot be used is refused', () => {
    const refused = (more: Partial<ImageCall>) => () => request(more)
    expect(refused({ model: 'flux-dev', pictures: [LINK] })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(refused({ model: 'flux-2-klein-4b', pictures: Array(5).fill(INLINE) })).toThrow(
      expect.objectContaining({ code: 'invalid_input', param: 'pictures' }),
    )
  })
})
