import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaDone } from '../../core/media.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { type FormPart, multipartBoundary, parseMultipart } from '../../lib/multipart.ts'
import { stability } from '../stability.ts'
import { connectTo } from '../testing/connection.ts'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n-- the rest of a picture --\r\n', 'latin1')
const PICTURE = { base64: PNG.toString('base64'), mediaType: 'image/png' }
const call = (more: Partial<ImageCall> = {}): ImageCall => ({
  model: 'core',
  prompt: 'a lighthouse',
  count: 1,
  ...more,
})

const servers: Server[] = []
const pools = new OriginPools()

afterEach(async () => {
  await pools.destroy()
  for (const server of servers.splice(0)) server.close()
})

interface Asked {
  path: string
  headers: IncomingHttpHeaders
  parts: FormPart[]
}

/** Stability at a local address: what it was asked, and a connection to it by the real transport. */
async function serve(answer: (response: ServerResponse) => void): Promise<{ asked: Asked[]; connection: Connection }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const boundary = multipartBoundary(request.headers['content-type'] ?? '')
      const parts = boundary === undefined ? [] : parseMultipart(Buffer.concat(pieces), boundary)
      asked.push({ path: request.url ?? '', headers: request.headers, parts })
      answer(response)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const connection: Connection = {
    provider: 'stability',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credential: 'sk-secret',
    headers: { 'stability-client-id': 'turnout' },
    flags: {},
    settings: {},
    signal: new AbortController().signal,
    transport: createTransport(pools, 'stability', { connectMs: 5_000, maxConnections: 1 }),
  }
  return { asked, connection }
}

const HEADERS = { 'content-type': 'image/png', 'finish-reason': 'SUCCESS', seed: '343940597', 'x-request-id': 'req-1' }
const answerPicture = (response: ServerResponse) => response.writeHead(200, HEADERS).end(PNG)

const start = (more: Partial<ImageCall>, connection: Connection) =>
  stability.image!.start(call(more), connection) as Promise<MediaDone>

async function bytesOf({ media: [first] }: MediaDone): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of first!.body!) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The path, the text fields and the names of the files that a call becomes. */
async function sent(more: Partial<ImageCall>) {
  const connection = connectTo([{ headers: HEADERS, body: PNG }])
  const { warnings } = await start(more, connection)
  const { url, headers, body } = connection.sent[0]!
  const parts = parseMultipart(Buffer.from(body as Uint8Array), multipartBoundary(headers!['content-type']!)!)
  return {
    path: new URL(url).pathname.replace('/v2beta/stable-image/', ''),
    fields: Object.fromEntries(parts.filter((part) => !part.filename).map((part) => [part.name, part.data.toString()])),
    files: parts.filter((part) => part.filename).map((part) => part.name),
    warnings,
  }
}

describe('over HTTP', () => {
  test('a form goes out and the bytes come back', async () => {
    const { asked, connection } = await serve(answerPicture)
    const outcome = await start({ pictures: [PICTURE], model: 'sd3.5-large', strength: 0.3 }, connection)
    expect(await bytesOf(outcome)).toEqual(PNG)
    expect(outcome).toMatchObject({
      status: 'done',
      media: [{ mediaType: 'image/png', seed: 343940597 }],
      usage: { images: 1 },
      upstreamRequestId: 'req-1',
      warnings: [],
    })
    const { path, headers, parts } = asked[0]!
    expect(path).toBe('/v2beta/stable-image/generate/sd3')
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-secret',
      accept: 'image/*',
      'stability-client-id': 'turnout',
      'content-length': expect.any(String),
    })
    const image = parts.find((part) => part.name === 'image')!
    expect([image.filename, image.contentType, image.data]).toEqual(['image.png', 'image/png', PNG])
  })

  test('the first bytes are passed on before the last ones are there', async () => {
    let finish = () => {}
    const { connection } = await serve((response) => {
      response.writeHead(200, HEADERS).write(PNG.subarray(0, 8))
      finish = () => response.end(PNG.subarray(8))
    })
    const outcome = await start({}, connection)
    const pieces = outcome.media[0]!.body![Symbol.asyncIterator]()
    const first = await pieces.next()
    expect(Buffer.from(first.value!)).toEqual(PNG.subarray(0, 8))
    finish()
    expect(Buffer.from((await pieces.next()).value!)).toEqual(PNG.subarray(8))
  })

  test('a picture that is cut is an error, not a shorter picture', async () => {
    const { connection } = await serve((response) => {
      response.writeHead(200, { ...HEADERS, 'content-length': PNG.length }).write(PNG.subarray(0, 8))
      setImmediate(() => response.destroy())
    })
    const outcome = await start({}, connection)
    await expect(bytesOf(outcome)).rejects.toMatchObject({ code: 'connection', provider: 'stability' })
  })

  test('a blurred picture is content_policy and leaves its connection free', async () => {
    let filtered = true
    const { asked, connection } = await serve((response) => {
      response.writeHead(200, { ...HEADERS, 'finish-reason': filtered ? 'CONTENT_FILTERED' : 'SUCCESS' })
      response.end(Buffer.concat([PNG, Buffer.alloc(500_000)]))
      filtered = false
    })
    await expect(start({}, connection)).rejects.toMatchObject({
      code: 'content_policy',
      upstreamCode: 'CONTENT_FILTERED',
      upstreamRequestId: 'req-1',
    })
    expect((await bytesOf(await start({}, connection))).length).toBe(PNG.length + 500_000)
    expect(asked).toHaveLength(2)
  })
})

describe('requests', () => {
  test.each([
    ['core', 'generate/core', undefined],
    ['stable-image-core', 'generate/core', undefined],
    ['ultra', 'generate/ultra', undefined],
    ['stable-image-ultra', 'generate/ultra', undefined],
    ['sd3.5-large', 'generate/sd3', 'sd3.5-large'],
    ['sd3.5-large-turbo', 'generate/sd3', 'sd3.5-large-turbo'],
    ['sd3.5-medium', 'generate/sd3', 'sd3.5-medium'],
    ['sd3.5-flash', 'generate/sd3', 'sd3.5-flash'],
  ])('%s', async (model, path, named) => {
    const request = await sent({ model })
    expect(request).toMatchObject({ path, fields: { prompt: 'a lighthouse' }, warnings: [] })
    expect(request.fields.model).toBe(named)
  })

  test('every setting in its field', async () => {
    const { fields, warnings } = await sent({
      model: 'sd3.5-medium',
      negativePrompt: 'fog',
      aspectRatio: '21:9',
      seed: 7,
      guidanceScale: 4.5,
      style: 'pixel-art',
      outputFormat: 'webp',
    })
    expect(fields).toEqual({
      prompt: 'a lighthouse',
      model: 'sd3.5-medium',
      negative_prompt: 'fog',
      aspect_ratio: '21:9',
      seed: '7',
      cfg_scale: '4.5',
      style_preset: 'pixel-art',
      output_format: 'webp',
    })
    expect(warnings).toEqual([])
  })

  test('a size becomes the nearest shape, and that is told', async () => {
    const { fields, warnings } = await sent({ size: { width: 1600, height: 1000 } })
    expect(fields.aspect_ratio).toBe('3:2')
    expect(warnings).toEqual([expect.stringContaining('1600x1000 became 3:2')])
  })

  test('what cannot be sent is told', async () => {
    const { fields, warnings } = await sent({
      guidanceScale: 3,
      steps: 20,
      loras: [{ path: 'x' }],
      style: 'vivid',
      outputFormat: 'svg',
      seed: 4_294_967_296,
      background: 'transparent',
      pictures: [PICTURE],
    })
    expect(fields).toEqual({ prompt: 'a lighthouse', seed: '1' })
    expect(warnings).toHaveLength(8)
  })

  test('the guidance scale stays within its bounds', async () => {
    const { fields, warnings } = await sent({ model: 'sd3.5-large', guidanceScale: 30 })
    expect(fields.cfg_scale).toBe('10')
    expect(warnings).toHaveLength(1)
  })

  test('inputs win over the call, and the call over defaults', async () => {
    const defaults = { style_preset: 'anime', seed: 1, output_format: 'png', aspect_ratio: '4:5' }
    const { fields } = await sent({ seed: 2, defaults, inputs: { output_format: 'jpeg', aspect_ratio: '9:21' } })
    expect(fields).toMatchObject({ style_preset: 'anime', seed: '2', output_format: 'jpeg', aspect_ratio: '9:21' })
    expect((await sent({ defaults })).fields.aspect_ratio).toBe('4:5')
  })

  test('sd3 is told to start from the picture and is given no shape', async () => {
    const size = { width: 1024, height: 1024 }
    const request = await sent({ model: 'sd3.5-large', pictures: [PICTURE], strength: 0.6, size })
    expect(request.fields).toMatchObject({ mode: 'image-to-image', strength: '0.6' })
    expect(request.fields).not.toHaveProperty('aspect_ratio')
    expect(request.files).toEqual(['image'])
    expect(request.warnings).toHaveLength(1)
  })

  test('a strength that is needed and missing is chosen and told; one without a picture is told', async () => {
    const chosen = await sent({ model: 'ultra', pictures: [PICTURE] })
    expect(chosen.fields.strength).toBe('0.5')
    expect(chosen.warnings).toHaveLength(1)
    const idle = await sent({ model: 'ultra', strength: 0.2 })
    expect(idle.fields).not.toHaveProperty('strength')
    expect(idle.warnings).toHaveLength(1)
  })

  test('a picture among the inputs is a file, too', async () => {
    const { fields, files } = await sent({ model: 'ultra', inputs: { image: PICTURE.base64, strength: 1 } })
    expect(files).toEqual(['image'])
    expect(fields).toEqual({ prompt: 'a lighthouse', strength: '1' })
  })

  test('a mask means painting anew within it', async () => {
    const { path, files, warnings } = await sent({ pictures: [PICTURE], mask: PICTURE })
    expect([path, files]).toEqual(['edit/inpaint', ['image', 'mask']])
    expect(warnings).toHaveLength(1)
  })

  test.each([
    ['erase', 'edit/erase', ['image', 'mask'], {}],
    ['outpaint', 'edit/outpaint', ['image'], { prompt: 'a lighthouse', left: '200' }],
    ['search-and-replace', 'edit/search-and-replace', ['image'], { prompt: 'a lighthouse' }],
    ['remove-background', 'edit/remove-background', ['image'], {}],
    ['structure', 'control/structure', ['image'], { prompt: 'a lighthouse' }],
    ['fast-upscale', 'upscale/fast', ['image'], {}],
  ])('operation %s', async (operation, path, files, fields) => {
    const own = operation === 'outpaint' ? { left: 200 } : {}
    const mask = operation === 'erase' ? PICTURE : undefined
    const request = await sent({ pictures: [PICTURE], mask, inputs: { operation, ...own } })
    expect(request).toEqual({ path, files, fields, warnings: [] })
  })

  test('a style is taken from one picture to another', async () => {
    const { files } = await sent({ pictures: [PICTURE, PICTURE], inputs: { operation: 'style-transfer' } })
    expect(files).toEqual(['init_image', 'style_image'])
  })

  test.each([
    ['an unknown operation', { inputs: { operation: 'constructor' } }, 'operation'],
    ['too many pictures', { model: 'ultra', pictures: [PICTURE, PICTURE] }, 'pictures'],
    ['a picture by URL', { model: 'ultra', pictures: [{ url: 'https://host/a.png' }] }, undefined],
  ])('%s is refused before anything is sent', async (_, more, param) => {
    const connection = connectTo([])
    await expect(start(more, connection)).rejects.toMatchObject({ code: 'invalid_input', param })
    expect(connection.sent).toEqual([])
  })
})

describe('errors', () => {
  const error = (name: string, ...errors: string[]) => JSON.stringify({ id: 'error-1', name, errors })

  test.each([
    [
      400,
      error('bad_request', 'prompt: is required'),
      'invalid_input',
      { param: 'prompt', upstreamCode: 'bad_request' },
    ],
    [401, error('unauthorized', 'missing header'), 'authentication', {}],
    [402, error('payment_required', 'You lack sufficient credits.'), 'billing', {}],
    [403, error('content_moderation', 'Your request was flagged.'), 'content_policy', {}],
    [403, error('forbidden', 'Not for your organization.'), 'permission', {}],
    [404, error('not_found', 'No such path.'), 'model_not_found', {}],
    [413, error('payload_too_large', 'body: payloads cannot be larger than 10MiB in size'), 'invalid_input', {}],
    [422, error('invalid_language', 'English only.'), 'invalid_input', {}],
    [422, error('public_figure', 'The likeness of a public figure.'), 'content_policy', {}],
    [429, error('rate_limit_exceeded', 'Timed out for 60 seconds.'), 'rate_limit', { retryAfterMs: 60_000 }],
    [429, 'Too many requests', 'rate_limit', { retryAfterMs: 60_000 }],
    [500, error('internal_error', 'An unexpected server error has occurred.'), 'upstream_error', { retryable: true }],
    [502, '<html><title>502 Bad Gateway</title></html>', 'upstream_error', {}],
    [503, '', 'overloaded', { retryable: true }],
  ])('%i %s', async (status, body, code, more) => {
    const thrown: unknown = await start({}, connectTo([{ status, body }])).catch((reason: unknown) => reason)
    expect(thrown).toMatchObject({ code, provider: 'provider', upstreamStatus: status, ...more })
  })

  test('all that is wrong is told, with the id that support asks for', async () => {
    const body = error('bad_request', 'prompt: is required', 'seed: too large')
    await expect(start({}, connectTo([{ status: 400, body }]))).rejects.toMatchObject({
      message: 'provider: prompt: is required seed: too large',
      upstreamRequestId: 'error-1',
    })
  })

  test('something else than a picture is invalid_output and not asked for again', async () => {
    const connection = connectTo([{ headers: { 'content-type': 'text/html' }, body: '<html>' }])
    await expect(start({}, connection)).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
  })

  test('bytes without a type are what was asked for', async () => {
    const connection = connectTo([{ headers: { 'content-type': 'application/octet-stream' }, body: PNG }])
    expect((await start({ outputFormat: 'webp' }, connection)).media[0]!.mediaType).toBe('image/webp')
  })
})
