import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CATALOG } from '../../registry/catalog/index.ts'
import { mergeLayers } from '../../registry/merge.ts'
import { TurnoutError } from '../error.ts'
import { fitImage } from '../image/fit.ts'
import type { InputProblem } from '../input.ts'
import { fitVideo } from '../video/fit.ts'
import { inputSchemaOf, planOf } from './plan.ts'
import { readMediaRequest } from './read.ts'
import { withMedia } from './references.ts'
import { inputsOf, leavesOf } from './testing/arbitrary.ts'
import { modelOf } from './testing/models.ts'
import type { MediaInput } from './types.ts'

const merged = mergeLayers([{ layer: 'catalog', records: CATALOG }], {
  today: '2026-11-21',
  detect: () => ({ provider: 'fal', reason: '' }),
  knowledge: () => undefined,
})
const MEDIA = [...merged.values()]
  .filter(
    ({ output, lifecycle }) =>
      lifecycle.status !== 'retired' && output.some((kind) => kind === 'image' || kind === 'video'),
  )
  .map((model) => ({ ...model, available: true }))
const catalog = (id: string) => MEDIA.find((model) => model.id === id)!

/** What a request is refused for: every problem, with its path. */
function problems(read: () => unknown): InputProblem[] {
  try {
    read()
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'invalid_input') return error.details as InputProblem[]
    throw error
  }
  return []
}

const paths = (id: string, input: MediaInput) =>
  problems(() => readMediaRequest(catalog(id), input)).map(({ path }) => path)

/** Many models take the same: one of them is as good as all. */
const DISTINCT = [
  ...new Map(
    MEDIA.map((model) => {
      const { title: _, description: __, ...schema } = inputSchemaOf(model)
      return [JSON.stringify(schema), model] as const
    }),
  ).values(),
]

describe('the schema of every image and video model of the catalog', () => {
  it('is strict, and its example passes', () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true })
    for (const model of DISTINCT) {
      const schema = inputSchemaOf(model)
      const validate = ajv.compile(schema)
      const [example] = schema.examples as Record<string, unknown>[]
      expect(validate(example), `${model.id} ${JSON.stringify(validate.errors)}`).toBe(true)
    }
  })

  it.each(DISTINCT.filter((_, index) => index % 6 === 0).map((model) => [model.id, model] as const))(
    '%s survives the reading: whatever its schema accepts is in the request',
    (_, model) => {
      const { schema, validate } = planOf(model)
      fc.assert(
        fc.property(inputsOf(schema), (inputs) => {
          expect(validate()(inputs), JSON.stringify(validate().errors)).toBe(true)
          const found = problems(() => readMediaRequest(model, { inputs }))
          const telling = found.every(({ message }) => /says otherwise|must come with/.test(message))
          expect(telling, JSON.stringify(found)).toBe(true)
          if (found.length > 0) return
          const leaves = leavesOf(readMediaRequest(model, { inputs }).request).map(String)
          for (const leaf of leavesOf(inputs)) expect(leaves).toContain(String(leaf))
        }),
        { numRuns: 15 },
      )
    },
  )
})

describe('the five models of the image service', () => {
  it.each(['flux-pro', 'flux-dev', 'flux-lora', 'face-swap', 'image-to-image'])(
    '%s has a price and a description',
    (id) => {
      expect(catalog(id).prices?.rates.length).toBeGreaterThan(0)
      expect(catalog(id).description).toBeTruthy()
    },
  )

  it.each<[string, string[]]>([
    ['flux-pro', ['inputs.prompt']],
    ['flux-dev', ['inputs.prompt']],
    ['flux-lora', ['inputs.prompt', 'inputs.lora_url']],
    ['face-swap', ['inputs.image_url', 'inputs.target_image_url']],
    ['image-to-image', ['inputs.image_url', 'inputs.prompt']],
  ])('%s needs %j', (id, needed) => {
    expect(paths(id, { inputs: {} }).sort()).toEqual([...needed].sort())
  })

  it('a LoRA by its address and its strength is a list of one', () => {
    const inputs = {
      prompt: 'a portrait',
      lora_url: 's3://bucket/a.safetensors',
      lora_scale: 0.8,
      image_url: 's3://bucket/b.jpg',
    }
    const read = readMediaRequest(catalog('flux-lora'), { inputs, options: { width: 1024, height: 768 } })
    expect(read.request).toMatchObject({
      loras: [{ path: 's3://bucket/a.safetensors', scale: 0.8 }],
      width: 1024,
      height: 768,
      inputs: {},
    })
    expect(read.references.map(({ path, kind }) => [path, kind])).toEqual([
      ['inputs.image_url', 'image'],
      ['inputs.lora_url', 'weights'],
    ])
    const whole = withMedia(read, [{ base64: 'AAAA', mediaType: 'image/png' }, { url: 'https://assets.example/a' }])
    expect(whole.request).toMatchObject({
      pictures: [{ base64: 'AAAA', mediaType: 'image/png' }],
      loras: [{ path: 'https://assets.example/a', scale: 0.8 }],
    })
    expect(read.request.pictures, 'the request that was read is left alone').toEqual([{ url: 's3://bucket/b.jpg' }])
  })

  it.each<[string, object, string | undefined]>([
    ['flux-dev', {}, undefined],
    ['flux-dev', { lora_url: 'https://assets.example/a' }, 'fal-ai/flux-lora'],
    ['flux-dev', { image_url: 'https://assets.example/a' }, 'fal-ai/flux/dev/image-to-image'],
    ['flux-dev', { image_url: 'https://a.example', lora_url: 'https://b.example' }, 'fal-ai/flux-lora/image-to-image'],
    ['flux-lora', { lora_url: 'owner/name' }, undefined],
    ['flux-lora', { image_url: 'https://a.example', lora_url: 'owner/name' }, 'fal-ai/flux-lora/image-to-image'],
  ])('%s with %j goes to %s', (id, more, endpoint) => {
    const model = catalog(id)
    const read = readMediaRequest(model, { inputs: { prompt: 'a fox', ...more } })
    if (read.kind !== 'image') throw new Error('no image')
    expect(fitImage(model, read.request, read.names).settings.endpoint).toBe(endpoint)
  })
})

describe('what is refused', () => {
  it('is told all at once, each with its path and what is allowed', () => {
    const inputs = {
      promt: 'a fox',
      image_url: 7,
      guidance_scale: 99,
      lora_url: 'x',
      lora_scale: 'much',
      loras: [{ scale: 1 }],
    }
    const found = problems(() => readMediaRequest(catalog('flux-lora'), { inputs, options: { width: 'wide', sed: 1 } }))
    const told = Object.fromEntries(found.map(({ path, message }) => [path, message]))
    expect(told).toMatchObject({
      'inputs.prompt': 'is required',
      'inputs.image_url': 'must be string',
      'inputs.guidance_scale': 'must be at most 20',
      'inputs.lora_scale': 'must be number',
      'inputs.loras[0].path': 'is required',
      'options.width': 'must be integer',
    })
    expect(told['inputs.promt']).toMatch(/^is not known \(did you mean prompt\?\); allowed: prompt, /)
    expect(told['options.sed']).toMatch(/^is not known \(did you mean seed\?\)/)
  })

  it('an unknown input passes only where the record allows any', () => {
    const closed = modelOf({ inputs: { type: 'object', properties: { grain: { type: 'number' } } } })
    const open = modelOf({ inputs: { type: 'object', properties: {}, additionalProperties: true } })
    const inputs = { prompt: 'a fox', novelty: 3 }
    expect(problems(() => readMediaRequest(closed, { inputs })).map(({ path }) => path)).toEqual(['inputs.novelty'])
    expect(readMediaRequest(open, { inputs }).request.inputs).toEqual({ novelty: 3 })
    expect(readMediaRequest(modelOf(), { inputs }).request.inputs).toEqual({ novelty: 3 })
  })

  it('two names of one thing that say different things', () => {
    const found = problems(() =>
      readMediaRequest(modelOf(), { inputs: { prompt: 'a', seed: 1 }, options: { seed: 2 } }),
    )
    expect(found).toEqual([
      { path: 'options.seed', message: 'says otherwise than inputs.seed, which is the same; send one of them' },
    ])
    expect(
      problems(() => readMediaRequest(modelOf(), { inputs: { prompt: 'a', seed: 1 }, options: { seed: 1 } })),
    ).toEqual([])
  })

  it('a strength of a LoRA without the LoRA', () => {
    expect(problems(() => readMediaRequest(modelOf(), { inputs: { prompt: 'a', lora_scale: 1 } }))[0]?.path).toBe(
      'inputs.lora_scale',
    )
  })

  it('a model that makes neither pictures nor videos', () => {
    expect(() => readMediaRequest(modelOf({ output: ['text'] }), {})).toThrow(
      expect.objectContaining({ code: 'capability_missing' }),
    )
  })

  it('options that nobody knows, and those of the other kind', () => {
    expect(paths('flux-pro', { inputs: { prompt: 'a' }, options: { seconds: 5 } })).toEqual(['options.seconds'])
    expect(paths('wan2.6-t2v', { inputs: { prompt: 'a' }, options: { num_images: 2 } })).toEqual(['options.num_images'])
  })
})

describe('defaults', () => {
  const inputs = {
    type: 'object',
    properties: {
      steps: { type: 'integer', default: 28 },
      grain: { type: 'number', default: 0.5 },
      image_size: { type: 'string', enum: ['square', 'wide'], default: 'wide' },
    },
  }

  it('are filled in where nothing was said', () => {
    expect(readMediaRequest(modelOf({ inputs }), { inputs: { prompt: 'a' } }).request).toMatchObject({
      steps: 28,
      inputs: { grain: 0.5, image_size: 'wide' },
    })
  })

  it('give way to what was said by any name, and to the defaults of the record', () => {
    const model = modelOf({ inputs, defaults: { grain: 0.1 } })
    const { request } = readMediaRequest(model, {
      inputs: { prompt: 'a', steps: 4 },
      options: { width: 512, height: 512 },
    })
    expect(request).toMatchObject({ steps: 4, width: 512, inputs: {} })
    expect(request.inputs).toEqual({})
  })
})

it('constants of the record are there, whatever the request says', () => {
  const inputs = { type: 'object', properties: { mode: { type: 'string' } } }
  const model = modelOf({ inputs, transform: { constants: { mode: 'fine' } } })
  expect(readMediaRequest(model, { inputs: { prompt: 'a', mode: 'coarse' } }).request.inputs).toEqual({ mode: 'fine' })
})

describe('files in the words of a provider', () => {
  it.each<[string, object, [string, unknown[]][]]>([
    [
      'stable-image-style-transfer',
      { init_image: 'a', style_image: 'b' },
      [
        ['inputs.init_image', ['pictures', 0]],
        ['inputs.style_image', ['pictures', 1]],
      ],
    ],
    [
      'flux-tools/vto-v1',
      { prompt: 'x', garment: 'b', person: 'a' },
      [
        ['inputs.person', ['pictures', 0]],
        ['inputs.garment', ['pictures', 1]],
      ],
    ],
    [
      'flux-2-pro',
      { prompt: 'x', input_image: 'a', image_urls: ['b'] },
      [
        ['inputs.input_image', ['pictures', 0]],
        ['inputs.image_urls[0]', ['pictures', 1]],
      ],
    ],
    [
      'flux-pro-1.0-fill',
      { image: 'a', mask: 'b' },
      [
        ['inputs.image', ['pictures', 0]],
        ['inputs.mask', ['mask']],
      ],
    ],
    [
      'flux-3-video',
      { prompt: 'x', start_video: 'v', last_image_url: 'z' },
      [
        ['inputs.start_video', ['inputs', 'start_video']],
        ['inputs.last_image_url', ['lastFrame']],
      ],
    ],
    [
      'face-swap',
      { target_image_url: 't', image_url: 'f' },
      [
        ['inputs.image_url', ['pictures', 0]],
        ['inputs.target_image_url', ['pictures', 1]],
      ],
    ],
  ])('%s takes %j', (id, inputs, found) => {
    const { references } = readMediaRequest(catalog(id), { inputs: { ...inputs } as Record<string, unknown> })
    expect(references.map(({ path, at }) => [path, at])).toEqual(found)
  })
})

it('a video is asked for by the names that all models have', () => {
  const model = catalog('veo-3.1')
  const read = readMediaRequest(model, {
    inputs: { prompt: 'a fox runs', image_url: 'art_1', resolution: '1080p' },
    options: { seconds: 6, aspect_ratio: '9:16', fps: 24, audio: true, num_videos: 2 },
  })
  if (read.kind !== 'video') throw new Error('no video')
  const { settings, count } = fitVideo(model, read.request, read.names)
  expect(count).toBe(2)
  expect(settings).toMatchObject({
    prompt: 'a fox runs',
    seconds: 6,
    framesPerSecond: 24,
    audio: true,
    resolution: '1080p',
  })
})
