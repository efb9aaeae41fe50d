import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaDone, MediaPending, RemoteOperation } from '../../core/media.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { huggingface } from '../huggingface.ts'
import { connectTo, type Scripted, type Sent } from '../testing/connection.ts'

const ROUTER = 'https://router.huggingface.co'
const PNG = Buffer.from('\x89PNG\r\n\x1a\n0000', 'latin1')
const PICTURE = { base64: PNG.toString('base64'), mediaType: 'image/png' }
const DATA = `data:image/png;base64,${PICTURE.base64}`

/** A model of its own for each test: what is known of a model is kept. */
let models = 0
const freshModel = () => {
  models += 1
  return `owner/model-${models}`
}

const connect = (script: readonly Scripted[] | ((sent: Sent) => Scripted), more: Partial<Connection> = {}) =>
  connectTo(script, { provider: 'huggingface', baseUrl: ROUTER, ...more })

const mapped = (provider: string, providerId: string, more: Record<string, unknown> = {}): Scripted => ({
  body: { inferenceProviderMapping: { [provider]: { providerId, status: 'live', task: 'text-to-image', ...more } } },
})

const call = (more: Partial<ImageCall> = {}): ImageCall => ({ model: freshModel(), prompt: 'a fox', count: 1, ...more })
const start = (connection: Connection, more: Partial<ImageCall> = {}) =>
  huggingface.image!.start(call(more), connection)
const stored = (operation: RemoteOperation): RemoteOperation => JSON.parse(JSON.stringify(operation)) as RemoteOperation

describe('where a model is asked for', () => {
  const IMAGES: Scripted = { body: { data: [{ url: 'https://made.example/a.png' }] } }

  test('the Hub says, once an hour', async () => {
    const model = freshModel()
    const connection = connect([mapped('together', 'flux-x'), IMAGES, IMAGES])
    await start(connection, { model })
    await start(connection, { model })
    expect(connection.sent.map(({ url }) => url)).toEqual([
      `https://huggingface.co/api/models/${model}?expand[]=inferenceProviderMapping`,
      `${ROUTER}/together/v1/images/generations`,
      `${ROUTER}/together/v1/images/generations`,
    ])
    expect(connection.sent.every(({ headers }) => headers?.authorization === 'Bearer secret-credential')).toBe(true)
  })

  test.each<[string, Partial<Connection>, string]>([
    ['the Hub of the settings', { settings: { hubUrl: 'http://127.0.0.1:9/' } }, 'http://127.0.0.1:9'],
    ['no stranger', { baseUrl: 'https://edge.example/v1' }, 'https://edge.example'],
  ])('%s', async (_, more, origin) => {
    const connection = connect([mapped('together', 'flux-x'), IMAGES], more)
    await start(connection)
    expect(new URL(connection.sent[0]!.url).origin).toBe(origin)
  })

  test.each<[string, string]>([
    ['', 'fal-ai'],
    [':fastest', 'fal-ai'],
    [':together', 'together'],
    [':nscale', 'nscale'],
  ])('the provider that its id names, else the first that is known (%s)', async (suffix, provider) => {
    const entry = (name: string, more = {}) => ({
      provider: name,
      providerId: 'owner/x',
      status: 'live',
      task: 'text-to-image',
      ...more,
    })
    const inferenceProviderMapping = [
      entry('somebody-else'),
      entry('replicate', { status: 'error' }),
      entry('deepinfra', { task: 'text-to-video' }),
      entry('fal-ai'),
      entry('together'),
      entry('nscale'),
    ]
    const connection = connect([{ body: { inferenceProviderMapping } }, { status: 400, body: { error: 'x' } }])
    await expect(start(connection, { model: freshModel() + suffix })).rejects.toMatchObject({ code: 'invalid_input' })
    expect(connection.sent[1]!.url).toContain(`${ROUTER}/${provider}/`)
  })

  test.each<[string, Scripted]>([
    ['', { body: {} }],
    ['', mapped('somebody-else', 'x')],
    ['', mapped('together', 'x', { task: 'conversational' })],
    [':nscale', mapped('together', 'x')],
  ])('%s %j: nobody, which costs nothing', async (suffix, answer) => {
    const error = start(connect([answer]), { model: freshModel() + suffix })
    await expect(error).rejects.toMatchObject({ code: 'model_not_enabled', delivered: false })
  })

  test('a Hub that fails leaves nothing in doubt, and is asked again', async () => {
    const model = freshModel()
    const connection = connect([{ status: 502, body: 'bad gateway' }, mapped('together', 'x'), IMAGES])
    await expect(start(connection, { model })).rejects.toMatchObject({
      code: 'upstream_error',
      delivered: false,
      upstreamStatus: 502,
    })
    await expect(start(connection, { model })).resolves.toMatchObject({ status: 'done' })
  })

  test.each(['../../settings', 'a//b'])('%s is no model', async (model) => {
    const connection = connect([])
    await expect(start(connection, { model: `${model}:hf-inference` })).rejects.toMatchObject({
      code: 'model_not_found',
    })
    expect(connection.sent).toEqual([])
  })
})

describe('hf-inference', () => {
  let server: Server | undefined
  const pools = new OriginPools()
  afterEach(async () => {
    await pools.destroy()
    server?.close()
  })

  test('streams the picture as it comes', async () => {
    let sendRest = () => {}
    server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'x-request-id': 'req-1' })
      response.write(PNG.subarray(0, 4))
      sendRest = () => response.end(PNG.subarray(4))
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const outcome = (await huggingface.image!.start(call({ model: 'a/b:hf-inference' }), {
      provider: 'huggingface',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      settings: {},
      headers: {},
      flags: {},
      signal: new AbortController().signal,
      transport: createTransport(pools, 'huggingface', { connectMs: 5000, maxConnections: 2 }),
    })) as MediaDone
    expect(outcome).toMatchObject({
      usage: { images: 1 },
      upstreamRequestId: 'req-1',
      media: [{ mediaType: 'image/png' }],
    })
    const pieces: Buffer[] = []
    for await (const piece of outcome.media[0]!.body!) {
      pieces.push(Buffer.from(piece))
      sendRest()
    }
    expect(Buffer.concat(pieces)).toEqual(PNG)
  })

  test('takes the settings of its tasks', async () => {
    const answer: Scripted = { headers: { 'content-type': 'image/jpeg' }, body: PNG }
    const connection = connect([answer, answer])
    const settings = { size: { width: 512, height: 512 }, steps: 4, guidanceScale: 2, negativePrompt: 'rain', seed: 7 }
    const model = 'a/b:hf-inference'
    await start(connection, { model, ...settings, defaults: { scheduler: 'x', seed: 1 }, inputs: { scheduler: 'y' } })
    expect(connection.sent[0]!.url).toBe(`${ROUTER}/hf-inference/models/a/b`)
    const sampling = { num_inference_steps: 4, guidance_scale: 2, negative_prompt: 'rain' }
    expect(connection.lastJson()).toEqual({
      inputs: 'a fox',
      parameters: { ...sampling, width: 512, height: 512, seed: 7, scheduler: 'y' },
    })
    const { warnings } = (await start(connection, {
      model,
      ...settings,
      pictures: [PICTURE],
      strength: 0.3,
    })) as MediaDone
    expect(connection.lastJson()).toEqual({
      inputs: PICTURE.base64,
      parameters: { ...sampling, prompt: 'a fox', target_size: { width: 512, height: 512 } },
    })
    expect(warnings).toHaveLength(2)
  })

  test.each<[Scripted, unknown]>([
    [{ body: { data: [{ b64_json: PICTURE.base64 }] } }, [{ bytes: PNG, mediaType: 'image/png' }]],
    [
      { body: { output: ['https://made.example/a.webp'] } },
      [{ url: 'https://made.example/a.webp', mediaType: 'image/webp' }],
    ],
  ])('%o may be JSON', async (answer, media) => {
    expect(await start(connect([answer]), { model: 'a/b:hf-inference' })).toMatchObject({ media })
  })

  test.each<[Scripted, string]>([
    [{ body: { generated_text: 'a fox' } }, 'invalid_output'],
    [{ headers: { 'content-type': 'text/html' }, body: '<html>' }, 'invalid_output'],
    [{ status: 503, body: { error: 'Model a/b is currently loading', estimated_time: 3 } }, 'overloaded'],
    [{ status: 404, body: { error: 'Not Found' } }, 'model_not_found'],
  ])('%o', async (answer, code) => {
    await expect(start(connect([answer]), { model: 'a/b:hf-inference' })).rejects.toMatchObject({ code })
  })
})

describe('providers with OpenAI’s image endpoint', () => {
  const settings = {
    size: { width: 512, height: 768 },
    steps: 4,
    guidanceScale: 2,
    negativePrompt: 'rain',
    seed: 7,
    count: 2,
  }
  const common = { prompt: 'a fox', model: 'owner/x', n: 2 }

  test.each<[string, string, unknown, number]>([
    [
      'together',
      'together/v1',
      {
        ...common,
        width: 512,
        height: 768,
        steps: 4,
        guidance_scale: 2,
        negative_prompt: 'rain',
        seed: 7,
        response_format: 'url',
      },
      0,
    ],
    ['nscale', 'nscale/v1', { ...common, size: '512x768', response_format: 'b64_json' }, 4],
    ['deepinfra', 'deepinfra/v1/openai', { ...common, size: '512x768', response_format: 'url' }, 4],
  ])('%s', async (provider, path, body, told) => {
    const answer = {
      headers: { 'x-request-id': 'req-1' },
      body: { data: [{ url: 'https://made.example/a' }, { b64_json: PICTURE.base64 }] },
    }
    const connection = connect([mapped(provider, 'owner/x'), answer])
    const outcome = (await start(connection, settings)) as MediaDone
    expect(connection.sent[1]!.url).toBe(`${ROUTER}/${path}/images/generations`)
    expect(connection.lastJson()).toEqual(body)
    expect(outcome).toMatchObject({
      media: [
        { url: 'https://made.example/a', mediaType: 'image/jpeg' },
        { bytes: PNG, mediaType: 'image/png' },
      ],
      usage: { images: 2 },
      upstreamRequestId: 'req-1',
    })
    expect(outcome.warnings).toHaveLength(told)
  })

  test.each<[string, unknown]>([
    ['black-forest-labs/FLUX.1-kontext-pro', { image_url: DATA }],
    ['black-forest-labs/FLUX.2-dev', { reference_images: [DATA] }],
  ])('a picture at together, for %s', async (providerId, fields) => {
    const connection = connect([
      mapped('together', providerId, { task: 'image-to-image' }),
      { body: { data: [{ url: 'https://x/a' }] } },
    ])
    await start(connection, { pictures: [PICTURE] })
    expect(connection.lastJson()).toMatchObject(fields as object)
  })
})

describe('fal-ai', () => {
  const REQUEST = 'fal-ai/flux/requests/req-1'
  const ACCEPTED: Scripted = {
    body: {
      request_id: 'req-1',
      status: 'IN_QUEUE',
      queue_position: 2,
      response_url: `https://queue.fal.run/${REQUEST}`,
    },
  }
  const COMPLETED: Scripted = { body: { status: 'COMPLETED' } }

  async function queued(more: Partial<ImageCall> = {}, entry = {}) {
    const connection = connect([mapped('fal-ai', 'fal-ai/flux/dev', entry), ACCEPTED])
    return { connection, outcome: (await start(connection, more)) as MediaPending }
  }
  const polled = async (script: readonly Scripted[]) => {
    const connection = connect(script)
    const outcome = huggingface.image!.poll!(stored((await queued()).outcome.operation), connection)
    return { connection, outcome }
  }

  test('is asked in its own words, and through the router alone', async () => {
    const { connection, outcome } = await queued({ size: { width: 512, height: 768 }, seed: 7 })
    expect(connection.sent[1]).toMatchObject({
      method: 'POST',
      url: `${ROUTER}/fal-ai/fal-ai/flux/dev?_subdomain=queue`,
      headers: { authorization: 'Bearer secret-credential' },
    })
    expect(connection.lastJson()).toEqual({ prompt: 'a fox', image_size: { width: 512, height: 768 }, seed: 7 })
    expect(outcome).toMatchObject({ status: 'pending', queuePosition: 2, upstreamRequestId: 'req-1' })
  })

  test('waits in its queue', async () => {
    const { connection, outcome } = await polled([{ status: 202, body: { status: 'IN_QUEUE', queue_position: 1 } }])
    expect(await outcome).toMatchObject({ status: 'pending', queuePosition: 1 })
    expect(connection.sent[0]!.url).toBe(`${ROUTER}/fal-ai/${REQUEST}/status?_subdomain=queue`)
  })

  test('brings its result', async () => {
    const file = { url: 'https://fal.media/a.png', width: 512, height: 768, content_type: 'image/png' }
    const { connection, outcome } = await polled([COMPLETED, { body: { images: [file] } }])
    expect(await outcome).toMatchObject({
      status: 'done',
      media: [{ url: file.url, mediaType: 'image/png' }],
      usage: { images: 1, megapixels: 0.393216 },
    })
    expect(connection.sent[1]!.url).toBe(`${ROUTER}/fal-ai/${REQUEST}?_subdomain=queue`)
  })

  test.each<[Scripted, object]>([
    [
      { status: 500, body: { detail: 'out of memory', error_type: 'runner_server_error' } },
      { code: 'upstream_error', upstreamStatus: 200 },
    ],
    [
      { status: 402, body: { error: 'You have exceeded your monthly included credits' } },
      { code: 'billing', upstreamStatus: 402 },
    ],
  ])('%j', async (answer, error) => {
    await expect((await polled([COMPLETED, answer])).outcome).rejects.toMatchObject(error)
  })

  test.each([undefined, 'https://queue.fal.run/elsewhere', 'https://queue.fal.run/a b/req-1'])(
    '%s is no address of a result',
    async (response_url) => {
      const accepted = { body: { request_id: 'req-1', response_url } }
      const connection = connect([mapped('fal-ai', 'fal-ai/flux/dev'), accepted])
      await expect(start(connection)).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
    },
  )

  test('lays a LoRA of the Hub over its model', async () => {
    const model = freshModel()
    const entry = { adapter: 'lora', adapterWeightsPath: 'weights.safetensors' }
    const connection = connect([mapped('fal-ai', 'fal-ai/flux-lora', entry), ACCEPTED])
    const further = { path: 'https://weights.example/a' }
    await start(connection, { model, loras: [further] })
    expect(connection.lastJson().loras).toEqual([
      { path: `https://huggingface.co/${model}/resolve/main/weights.safetensors`, scale: 1 },
      further,
    ])
  })

  test('makes videos', async () => {
    const connection = connect([
      mapped('fal-ai', 'fal-ai/veo3.1', { task: 'text-to-video' }),
      ACCEPTED,
      COMPLETED,
      { body: { video: { url: 'https://fal.media/v.mp4' } } },
    ])
    const pending = (await huggingface.video!.start(
      { model: freshModel(), prompt: 'a fox runs', seconds: 8 },
      connection,
    )) as MediaPending
    expect(connection.lastJson()).toEqual({ prompt: 'a fox runs', duration: '8s' })
    expect(await huggingface.video!.poll!(stored(pending.operation), connection)).toMatchObject({
      media: [{ url: 'https://fal.media/v.mp4', mediaType: 'video/mp4' }],
      usage: { seconds: 8 },
    })
  })
})

test('an operation of somebody else is an internal error', async () => {
  for (const operation of [{}, { via: 'fal-ai' }, { via: 'replicate' }, { via: 'together' }]) {
    await expect(huggingface.image!.poll!(operation, connect([]))).rejects.toMatchObject({ code: 'internal' })
  }
})
