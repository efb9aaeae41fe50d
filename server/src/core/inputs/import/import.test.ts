import { ImportModel } from '@turnout/contract'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitImage } from '../../image/fit.ts'
import { fitVideo } from '../../video/fit.ts'
import { planOf } from '../plan.ts'
import { readMediaRequest } from '../read.ts'
import { inputsOf } from '../testing/arbitrary.ts'
import { FILE, falDocument, IMAGES, importedFrom as read, VIDEO } from '../testing/published.ts'
import { writeCall } from '../write.ts'

type Json = Record<string, unknown>

const PAINTER = falDocument(
  'studio/painter',
  {
    required: ['prompt'],
    properties: {
      prompt: { type: 'string', maxLength: 500, examples: ['a fox'] },
      image_size: {
        anyOf: [{ $ref: '#/components/schemas/ImageSize' }, { type: 'string', enum: ['square', 'wide'] }],
        default: 'wide',
      },
      num_images: { type: 'integer', minimum: 1, maximum: 4, default: 1 },
      seed: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
      guidance_scale: { type: 'number', minimum: 0, maximum: 20, default: 3.5 },
      num_inference_steps: { type: 'integer', minimum: 1, maximum: 50, default: 28 },
      image_urls: { type: 'array', items: { type: 'string' }, maxItems: 3 },
      loras: {
        type: 'array',
        items: {
          type: 'object',
          properties: { path: { type: 'string' }, scale: { type: 'number' } },
          required: ['path'],
        },
      },
      output_format: { type: 'string', enum: ['jpeg', 'png'], default: 'jpeg' },
      control_image_url: { type: 'string' },
      sync_mode: { type: 'boolean', default: false },
    },
  },
  IMAGES,
  { category: 'text-to-image' },
)

const FILM = falDocument(
  'studio/film',
  {
    required: ['prompt', 'start_image_url', 'duration'],
    properties: {
      prompt: { type: 'string' },
      start_image_url: { type: 'string' },
      end_image_url: { type: 'string' },
      duration: { type: 'string', enum: ['5', '10'] },
      aspect_ratio: { type: 'string', enum: ['16:9', '9:16', 'auto'], default: '16:9' },
      resolution: { type: 'string', enum: ['720p', '1080p'], default: '720p' },
      generate_audio: { type: 'boolean', default: true },
    },
  },
  VIDEO,
)

const url = (picture: object): string => ('url' in picture ? String(picture.url) : 'data')

describe('an endpoint that draws', () => {
  const { record, model, notes } = read(PAINTER)

  it('has a record with what it takes', () => {
    expect(record).toMatchObject({
      id: 'fal/studio/painter',
      name: 'studio/painter',
      description: 'A studio.',
      provider: 'fal',
      upstreamId: 'studio/painter',
      input: ['text', 'image'],
      output: ['image'],
      capabilities: {
        seed: true,
        guidance: true,
        steps: true,
        lora: true,
        imageInput: true,
        mask: false,
        negativePrompt: false,
      },
      limits: { images: 4, inputImages: 3, promptCharacters: 500 },
      prices: null,
    })
    expect(record.transform).toEqual({
      settings: {
        prompt: 'prompt',
        count: 'num_images',
        seed: 'seed',
        guidanceScale: 'guidance_scale',
        steps: 'num_inference_steps',
        size: { field: 'image_size', form: 'object' },
        pictures: { list: 'image_urls' },
        loras: 'loras',
        outputFormat: 'output_format',
      },
      media: { image_urls: 'image', loras: 'weights', control_image_url: 'image' },
    })
    expect(notes).toEqual(['No price is known: its calls cost null until the record has prices.'])
  })

  it('is asked by common names, and written to in its own', () => {
    const { request, references, kind, names } = readMediaRequest(model, {
      inputs: {
        prompt: 'a fox',
        steps: 4,
        lora_url: 's3://bucket/a',
        image_url: 'https://a.example/a',
        control_image_url: 'art_1',
      },
      options: { width: 640, height: 480, seed: 7 },
    })
    if (kind !== 'image') throw new Error('no image')
    expect(references.map(({ path, at }) => [path, at.join('.')])).toEqual([
      ['inputs.image_url', 'pictures.0'],
      ['inputs.control_image_url', 'inputs.control_image_url'],
      ['inputs.lora_url', 'loras.0.path'],
    ])
    const { settings } = fitImage(model, request, names)
    const { fields } = writeCall(settings.transform!.settings!, { ...settings, pictures: request.pictures }, url)
    expect({ ...fields, ...settings.inputs }).toEqual({
      prompt: 'a fox',
      seed: 7,
      num_images: 1,
      guidance_scale: 3.5,
      num_inference_steps: 4,
      image_size: { width: 640, height: 480 },
      image_urls: ['https://a.example/a'],
      loras: [{ path: 's3://bucket/a' }],
      output_format: 'jpeg',
      control_image_url: 'art_1',
      sync_mode: false,
    })
  })

  it('is asked in its own words just as well', () => {
    const { request } = readMediaRequest(model, {
      inputs: { prompt: 'a', num_inference_steps: 9, image_size: 'square' },
    })
    expect(request).toMatchObject({ steps: 9, inputs: { image_size: 'square' } })
    const object = readMediaRequest(model, { inputs: { prompt: 'a', image_size: { width: 300, height: 200 } } })
    expect(object.request).toMatchObject({ width: 300, height: 200 })
  })

  it('whatever its schema accepts can be written', () => {
    const { schema, validate } = planOf(model)
    new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
    fc.assert(
      fc.property(inputsOf(schema), (inputs) => {
        expect(validate()(inputs), JSON.stringify(validate().errors)).toBe(true)
        try {
          const { request, kind, names } = readMediaRequest(model, { inputs })
          if (kind !== 'image') throw new Error('no image')
          const { settings } = fitImage(model, request, names)
          writeCall(settings.transform!.settings!, { ...settings, pictures: request.pictures }, url)
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_input' })
          expect(String(error)).toMatch(/says otherwise|must come with|cannot be combined|at most/)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('an endpoint that films', () => {
  const { record, model } = read(FILM, { endpoint: 'studio/film' })

  it('has a record with what it takes', () => {
    expect(record).toMatchObject({
      output: ['video'],
      limits: { aspectRatios: ['16:9', '9:16'], minSeconds: 5, maxSeconds: 10, inputImages: 1 },
      transform: {
        settings: {
          pictures: { fields: ['start_image_url'] },
          lastFrame: 'end_image_url',
          seconds: { field: 'duration', form: 'text' },
          audio: 'generate_audio',
          resolution: 'resolution',
        },
      },
    })
  })

  it('is asked by common names, and written to in its own', () => {
    const { request, kind, names } = readMediaRequest(model, {
      inputs: { prompt: 'a fox', image_url: 'a', last_image_url: 'z' },
      options: { seconds: 7, width: 1080, height: 1920 },
    })
    if (kind !== 'video') throw new Error('no video')
    const { settings, mapped } = fitVideo(model, request, names)
    expect(mapped.map(({ setting }) => setting)).toContain('options.seconds')
    const { pictures, lastFrame } = request
    const { fields } = writeCall(settings.transform!.settings!, { ...settings, pictures, lastFrame }, url)
    expect(fields).toEqual({
      prompt: 'a fox',
      start_image_url: 'a',
      end_image_url: 'z',
      duration: '5',
      aspect_ratio: '9:16',
      resolution: '720p',
      generate_audio: true,
    })
  })

  it.each<[Json, unknown]>([
    [
      { type: 'integer', minimum: 2, maximum: 9 },
      { field: 'duration', form: 'number' },
    ],
    [
      { type: 'string', enum: ['4s', '8s'] },
      { field: 'duration', form: 'suffixed' },
    ],
    [{ type: 'string' }, undefined],
  ])('writes a duration of %j as %j', (duration, seconds) => {
    const { record } = read(falDocument('studio/film', { properties: { prompt: { type: 'string' }, duration } }, VIDEO))
    expect(record.transform?.settings?.seconds).toEqual(seconds)
  })

  it('counts frames where it has no seconds', () => {
    const frames = { num_frames: { type: 'integer' }, frames_per_second: { type: 'integer', default: 16 } }
    const { record, model } = read(
      falDocument('studio/film', { properties: { prompt: { type: 'string' }, ...frames } }, VIDEO),
    )
    expect(record.transform?.settings?.seconds).toEqual({ field: 'num_frames', form: 'frames', framesPerSecond: 16 })
    const { request } = readMediaRequest(model, { inputs: { prompt: 'a', seconds: 5 } })
    const { fields } = writeCall(record.transform!.settings!, request as never, url)
    expect(fields.num_frames).toBe(81)
    expect(readMediaRequest(model, { inputs: { prompt: 'a', num_frames: 33 } }).request.inputs).toEqual({
      num_frames: 33,
    })
  })
})

describe('other forms', () => {
  it('a swap of faces has a field for each picture', () => {
    const input = {
      required: ['target', 'face_image'],
      properties: { face_image: FILE, target_image_url: { type: 'string' } },
    }
    const { record, notes } = read(
      falDocument('a/b', { ...input, required: ['face_image', 'target_image_url'] }, IMAGES),
    )
    expect(record.transform?.settings?.pictures).toEqual({ fields: ['face_image.url', 'target_image_url'] })
    expect(record.input).toEqual(['image'])
    expect(notes.join(' ')).toContain('no input named prompt')
  })

  it("Replicate's, where the input stands among the components", () => {
    const Input = {
      type: 'object',
      required: ['prompt'],
      properties: { prompt: { type: 'string' }, image: { type: 'string', format: 'uri' }, seed: { type: 'integer' } },
    }
    const Output = { type: 'array', items: { type: 'string', format: 'uri' } }
    const paths = {
      '/predictions': {
        post: { requestBody: { content: { 'application/json': { schema: { properties: { webhook: {} } } } } } },
      },
    }
    const version = {
      id: 'abc',
      openapi_schema: { components: { schemas: { Input, Output, PredictionRequest: {} } }, paths },
    }
    const { record } = read(version, { output: 'image', endpoint: 'owner/name', provider: 'huggingface' })
    expect(Object.keys(record.inputs?.properties as object)).toEqual(['prompt', 'image', 'seed'])
    expect(record.transform, 'its adapter has words of its own').toEqual({ media: { image: 'image' } })
  })

  it('the JSON Schema of an input alone', () => {
    const { record } = read(
      { type: 'object', properties: { prompt: { type: 'string' } } },
      { output: 'video', id: 'film', tags: ['new'] },
    )
    expect(record).toMatchObject({ id: 'film', output: ['video'], tags: ['new'] })
  })
})

describe('what cannot be imported', () => {
  const input = { properties: { prompt: { type: 'string' } } }
  it.each<[string, Json, string]>([
    ['nothing', {}, 'schema'],
    ['no input', { openapi: '3.1.0', paths: {} }, 'schema'],
    ['sound', falDocument('a/b', input, { properties: { audio: FILE } }), 'endpoint'],
    ['what nobody can tell', falDocument('a/b', input, { properties: { text: { type: 'string' } } }), 'output'],
    [
      'too many properties',
      { properties: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, {}])) },
      'schema',
    ],
  ])('%s', (_, document, param) => {
    expect(() => read(document, { endpoint: 'a/b' })).toThrow(expect.objectContaining({ code: 'invalid_input', param }))
  })

  it.each(['../../etc/passwd', 'a', 'a//b', 'https://a.example/b', 'a/..', 'a/b?c'])('the endpoint %s', (endpoint) => {
    expect(ImportModel.safeParse({ endpoint }).success).toBe(false)
  })
})
