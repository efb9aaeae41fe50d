import type { Flags } from '@turnout/contract'
import fc from 'fast-check'
import OpenAI, { toFile } from 'openai'
import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../../core/media.ts'
import { multipartBoundary, parseMultipart } from '../../../lib/multipart.ts'
import { connectTo, type Sent } from '../../testing/connection.ts'
import { readOpenApi, requestValidator } from '../../testing/openapi.ts'
import { wireFolder } from '../../testing/wire.ts'
import { createOpenAIImage } from '../openai-image.ts'
import type { Dialect } from './families.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const ANSWER = { body: { created: 1, data: [{ b64_json: PIXEL }] } }
const PICTURE = { base64: PIXEL, mediaType: 'image/png' }

const call = (more: Partial<ImageCall> = {}): ImageCall => ({
  model: 'gpt-image-2',
  prompt: 'a tram',
  count: 1,
  ...more,
})

async function draw(asked: Partial<ImageCall>, dialect: Dialect = 'openai', flags: Flags = {}) {
  const connection = connectTo([ANSWER], { baseUrl: 'https://api.example/v1', flags })
  const outcome = await createOpenAIImage(dialect).start(call(asked), connection)
  if (outcome.status !== 'done') throw new Error('not done')
  return { sent: connection.sent[0]!, warnings: outcome.warnings }
}

const jsonOf = ({ body }: Sent) => JSON.parse(String(body)) as Record<string, unknown>

/** A form as lists of values by name; a file is its type and its bytes. */
function formOf({ headers, body }: Pick<Sent, 'headers' | 'body'>) {
  const form: Record<string, string[]> = {}
  for (const part of parseMultipart(body as Buffer, multipartBoundary(headers!['content-type']!)!)) {
    const value =
      part.filename === undefined ? part.data.toString() : `${part.contentType} ${part.data.toString('hex')}`
    form[part.name] = [...(form[part.name] ?? []), value]
  }
  return form
}

const FILE = `image/png ${Buffer.from(PIXEL, 'base64').toString('hex')}`

describe('the words of a request', () => {
  const words = { quality: 'hd', size: '1600x900', news_to_us: [1], user: 'user123' }

  test('go on as they came, with the size that is sent', async () => {
    const { sent, warnings } = await draw({ words, size: { width: 1536, height: 1024 }, quality: 'high', style: 'x' })
    expect(jsonOf(sent)).toEqual({ model: 'gpt-image-2', prompt: 'a tram', ...words, size: '1536x1024' })
    expect(warnings).toEqual([])
    expect(jsonOf((await draw({ words: { size: 'auto' } })).sent)).toMatchObject({ size: 'auto' })
  })

  test('win over the defaults of the model', async () => {
    const { sent } = await draw({ words, defaults: { quality: 'low', moderation: 'low' } })
    expect(jsonOf(sent)).toMatchObject({ quality: 'hd', moderation: 'low' })
  })

  test.each<[string, Partial<ImageCall>, unknown]>([
    ['nobody asked for one', {}, undefined],
    ['one was asked for', { words: { n: 1 } }, 1],
    ['it is one of several calls', { words: { n: 3 } }, 1],
    ['one call makes several', { words: {}, count: 2 }, 2],
  ])('name a count where %s as %j', async (_, asked, n) => {
    expect(jsonOf((await draw({ words: {}, ...asked })).sent).n).toBe(n)
  })

  test('stand beside the files of an edit, in their order', async () => {
    const { sent } = await draw({ words: { n: 2, quality: 'low' }, count: 2, pictures: [PICTURE], mask: PICTURE })
    const parts = parseMultipart(sent.body as Buffer, multipartBoundary(sent.headers!['content-type']!)!)
    expect(parts.map(({ name }) => name)).toEqual(['n', 'quality', 'model', 'prompt', 'image', 'mask'])
  })
})

describe('OpenAI itself', () => {
  test('gets what it knows, and what it does not know is told', async () => {
    const { sent, warnings } = await draw({
      size: { width: 1536, height: 1024 },
      quality: 'high',
      background: 'transparent',
      outputFormat: 'webp',
      style: 'vivid',
      negativePrompt: 'rain',
      seed: 5,
      steps: 20,
      guidanceScale: 3,
      strength: 0.4,
      loras: [{ path: 'x' }],
      mask: PICTURE,
      count: 3,
      inputs: { output_compression: 50, quality: 'low', n: 9 },
      defaults: { moderation: 'low', background: 'opaque', stream: true },
    })
    expect(sent.url).toBe('https://api.example/v1/images/generations')
    expect(jsonOf(sent)).toEqual({
      model: 'gpt-image-2',
      prompt: 'a tram',
      n: 3,
      size: '1536x1024',
      quality: 'low',
      background: 'transparent',
      output_format: 'webp',
      output_compression: 50,
      moderation: 'low',
    })
    const left = ['negativePrompt', 'seed', 'guidanceScale', 'steps', 'strength', 'mask', 'loras', 'style']
    expect(warnings.map((warning) => /\((\w+)\)/.exec(warning)?.[1])).toEqual(left)
  })

  test.each([
    ['gpt-image-2', '16:9', '1536x1024'],
    ['gpt-image-2', '2:3', '1024x1536'],
    ['dall-e-3', '16:9', '1792x1024'],
  ])('%s draws %s as %s', async (model, aspectRatio, size) => {
    const { sent, warnings } = await draw({ model, aspectRatio })
    expect(jsonOf(sent)).toEqual({ model, prompt: 'a tram', n: 1, size })
    expect(warnings).toEqual([`The model takes a size instead of an aspect ratio: ${aspectRatio} became ${size}.`])
  })

  test('a style is for the models that had styles', async () => {
    const { sent, warnings } = await draw({ model: 'dall-e-3', style: 'natural', outputFormat: 'webp' })
    expect(jsonOf(sent)).toEqual({ model: 'dall-e-3', prompt: 'a tram', n: 1, style: 'natural' })
    expect(warnings).toEqual([expect.stringContaining('(outputFormat)')])
  })

  test('a stream that a request insists on is told', async () => {
    const { sent, warnings } = await draw({ inputs: { stream: true, partial_images: 2 } })
    expect(jsonOf(sent)).toEqual({ model: 'gpt-image-2', prompt: 'a tram', n: 1 })
    expect(warnings).toHaveLength(2)
  })
})

describe('a server of the dialect', () => {
  const asked: Partial<ImageCall> = {
    model: 'Qwen/Qwen-Image',
    aspectRatio: '16:9',
    negativePrompt: 'rain',
    seed: 0,
    steps: 20,
    guidanceScale: 3.5,
    style: 'ink',
    loras: [{ path: 'x' }],
  }

  test('gets the settings of its own models', async () => {
    const { sent, warnings } = await draw(asked, 'compatible')
    expect(jsonOf(sent)).toEqual({
      model: 'Qwen/Qwen-Image',
      prompt: 'a tram',
      n: 1,
      aspect_ratio: '16:9',
      negative_prompt: 'rain',
      seed: 0,
      num_inference_steps: 20,
      guidance_scale: 3.5,
      style: 'ink',
    })
    expect(warnings).toEqual([expect.stringContaining('(loras)')])
  })

  test('gets one shape, that of the request', async () => {
    const defaults = { size: '1024x1024', aspect_ratio: '1:1' }
    const ratio = jsonOf((await draw({ ...asked, defaults }, 'compatible')).sent)
    expect([ratio.size, ratio.aspect_ratio]).toEqual([undefined, '16:9'])
    const sized = { model: 'painter', size: { width: 640, height: 480 }, defaults }
    const { size, aspect_ratio } = jsonOf((await draw(sized, 'compatible')).sent)
    expect([size, aspect_ratio]).toEqual(['640x480', undefined])
  })

  test('gets none of them for a model of OpenAI’s that it passes on', async () => {
    const { sent } = await draw({ ...asked, model: 'openai/gpt-image-2' }, 'compatible')
    expect(Object.keys(jsonOf(sent)).sort()).toEqual(['model', 'n', 'prompt', 'size'])
  })

  test('is told how to answer only where its record says so and it takes that', async () => {
    const defaults = { response_format: 'b64_json' }
    expect(jsonOf((await draw({ ...asked, defaults }, 'compatible')).sent)).toMatchObject(defaults)
    const refuses = await draw({ ...asked, defaults }, 'compatible', { responseFormat: false, imagesPath: '/paint' })
    expect(jsonOf(refuses.sent)).not.toHaveProperty('response_format')
    expect(refuses.sent.url).toBe('https://api.example/v1/paint')
  })
})

describe('an edit', () => {
  test('is a form with the pictures and the mask as files', async () => {
    const { sent, warnings } = await draw({ pictures: [PICTURE, PICTURE], mask: PICTURE, quality: 'low', count: 2 })
    expect(sent.url).toBe('https://api.example/v1/images/edits')
    expect(formOf(sent)).toEqual({
      model: ['gpt-image-2'],
      prompt: ['a tram'],
      n: ['2'],
      quality: ['low'],
      'image[]': [FILE, FILE],
      mask: [FILE],
    })
    expect(warnings).toEqual([])
  })

  test('of a picture that nobody has fetched is refused', async () => {
    await expect(draw({ pictures: [{ url: 'https://host/a.png' }] })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

describe('the official SDK sends the same', () => {
  /** The request of the SDK, caught on its way out. */
  async function ofSdk(use: (client: OpenAI) => Promise<unknown>) {
    let caught: Request | undefined
    const fetch = async (url: unknown, init?: RequestInit) => {
      caught = new Request(String(url), init)
      return Response.json(ANSWER.body)
    }
    await use(new OpenAI({ apiKey: 'secret-credential', baseURL: 'https://api.example/v1', fetch }))
    return {
      method: caught!.method,
      url: caught!.url,
      headers: Object.fromEntries(caught!.headers),
      body: Buffer.from(await caught!.arrayBuffer()),
    }
  }

  const headersOf = ({ headers }: Pick<Sent, 'headers'>) => [
    headers!.authorization,
    headers!.accept,
    headers!['content-type']!.split(';')[0],
  ]

  test('for a generation', async () => {
    const { sent } = await draw({ size: { width: 1024, height: 1024 }, quality: 'low', outputFormat: 'png', count: 2 })
    const sdk = await ofSdk((client) =>
      client.images.generate({
        model: 'gpt-image-2',
        prompt: 'a tram',
        n: 2,
        size: '1024x1024',
        quality: 'low',
        output_format: 'png',
      }),
    )
    expect([sent.method, sent.url, headersOf(sent)]).toEqual([sdk.method, sdk.url, headersOf(sdk)])
    expect(jsonOf(sent)).toEqual(JSON.parse(sdk.body.toString()))
  })

  test.each([1, 2])('for an edit of %i', async (count) => {
    const pictures = Array.from({ length: count }, () => PICTURE)
    const { sent } = await draw({ pictures, mask: PICTURE, background: 'opaque' })
    const file = () => toFile(Buffer.from(PIXEL, 'base64'), 'image.png', { type: 'image/png' })
    const files = await Promise.all(pictures.map(file))
    const sdk = await ofSdk(async (client) =>
      client.images.edit({
        model: 'gpt-image-2',
        prompt: 'a tram',
        n: 1,
        background: 'opaque',
        image: count === 1 ? files[0]! : files,
        mask: await file(),
      }),
    )
    expect([sent.method, sent.url, headersOf(sent)]).toEqual([sdk.method, sdk.url, headersOf(sdk)])
    expect(formOf(sent)).toEqual(formOf(sdk))
  })
})

describe.skipIf(wireFolder() === undefined)('requests are valid against the OpenAPI description of OpenAI', () => {
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const side = fc.integer({ min: 4, max: 240 }).map((step) => step * 16)
  const calls: fc.Arbitrary<Partial<ImageCall>> = fc.record({
    model: fc.constantFrom('gpt-image-2', 'gpt-image-1.5', 'dall-e-3'),
    prompt: fc.string({ minLength: 1 }),
    count: fc.integer({ min: 1, max: 10 }),
    size: maybe(fc.record({ width: side, height: side })),
    quality: maybe(fc.constantFrom('low', 'medium', 'high')),
    style: maybe(fc.constantFrom('vivid', 'natural')),
    background: maybe(fc.constantFrom('transparent', 'opaque', 'auto')),
    outputFormat: maybe(fc.constantFrom('png', 'jpeg', 'webp')),
    negativePrompt: maybe(fc.string()),
    seed: maybe(fc.nat()),
    steps: maybe(fc.nat()),
    guidanceScale: maybe(fc.float({ noNaN: true })),
    strength: maybe(fc.float({ min: 0, max: 1, noNaN: true })),
    loras: maybe(fc.constant([{ path: 'x' }])),
    mask: maybe(fc.constant(PICTURE)),
    inputs: maybe(fc.record({ output_compression: fc.integer({ min: 0, max: 100 }) })),
  })
  const shaped = fc
    .tuple(calls, maybe(fc.constantFrom('1:1', '16:9', '2:3', '21:9', 'auto')))
    .map(([one, aspectRatio]) => (one.size === undefined ? { ...one, aspectRatio } : one))
  const spec = wireFolder() === undefined ? {} : readOpenApi('openai/openapi.json')

  test('generations', async () => {
    const problems = requestValidator(spec, 'post', '/images/generations')
    await fc.assert(
      fc.asyncProperty(shaped, async (asked) => {
        expect(problems(jsonOf((await draw(asked)).sent))).toEqual([])
      }),
    )
  })

  test('edits', async () => {
    const problems = requestValidator(spec, 'post', '/images/edits', 'multipart/form-data')
    const NUMBERS = new Set(['n', 'output_compression'])
    await fc.assert(
      fc.asyncProperty(shaped, fc.integer({ min: 1, max: 16 }), async (asked, count) => {
        const pictures = Array.from({ length: count }, () => PICTURE)
        const { sent } = await draw({ ...asked, pictures })
        const { image, 'image[]': images, ...fields } = formOf(sent)
        const body = Object.fromEntries(
          Object.entries(fields).map(([name, [value]]) => [name, NUMBERS.has(name) ? Number(value) : value]),
        )
        expect(problems({ ...body, image: images ?? image?.[0] })).toEqual([])
      }),
    )
  })
})
