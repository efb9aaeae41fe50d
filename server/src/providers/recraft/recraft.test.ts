import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaDone } from '../../core/media.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { multipartBoundary, parseMultipart } from '../../lib/multipart.ts'
import { recraft } from '../recraft.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n...', 'latin1')
const INLINE = { base64: PNG.toString('base64'), mediaType: 'image/png' }
const BASE = { provider: 'recraft', baseUrl: 'https://external.api.recraft.ai/v1' }
const IMAGE = { image_id: 'b1b6', url: 'https://img.recraft.ai/signed/abc' }
const ANSWER = { created: 1_763_700_000, credits: 40, data: [IMAGE] }

const call = (more: Partial<ImageCall> = {}): ImageCall => ({ model: 'recraftv3', prompt: 'a fox', count: 1, ...more })

const start = (scripted: Scripted, more: Partial<ImageCall> = {}) => {
  const connection = connectTo([scripted], BASE)
  return { connection, outcome: recraft.image!.start(call(more), connection) as Promise<MediaDone> }
}

describe('answers', () => {
  test('are pictures by URL, with what they cost', async () => {
    const headers = { 'x-request-id': 'req-1' }
    const { connection, outcome } = start({ headers, body: ANSWER }, { inputs: { controls: { no_text: true } } })
    expect(await outcome).toEqual({
      status: 'done',
      media: [{ url: IMAGE.url, mediaType: 'image/webp', revisedPrompt: undefined }],
      usage: { images: 1 },
      providerCost: 40_000_000n,
      warnings: [],
      upstreamRequestId: 'req-1',
    })
    const sent = connection.sent[0]!
    expect([sent.method, sent.url]).toEqual(['POST', 'https://external.api.recraft.ai/v1/images/generations'])
    expect(sent.headers).toMatchObject({
      authorization: 'Bearer secret-credential',
      'content-type': 'application/json',
    })
    expect(connection.lastJson()).toMatchObject({ prompt: 'a fox', controls: { no_text: true } })
  })

  test.each<[Partial<ImageCall>, string, string]>([
    [{ model: 'recraftv4_1_vector' }, IMAGE.url, 'image/svg+xml'],
    [{ outputFormat: 'png' }, IMAGE.url, 'image/png'],
    [{}, 'https://img.recraft.ai/a.svg', 'image/svg+xml'],
  ])('%o at %s is %s', async (more, url, mediaType) => {
    const { outcome } = start({ body: { ...ANSWER, data: [{ url }] } }, more)
    expect((await outcome).media).toMatchObject([{ url, mediaType }])
  })

  test('may be bytes, and then tell their type themselves', async () => {
    const data = [{ b64_json: INLINE.base64, revised_prompt: 'a red fox' }]
    const { outcome } = start({ body: { ...ANSWER, data } }, { inputs: { response_format: 'b64_json' } })
    expect((await outcome).media).toEqual([{ bytes: PNG, mediaType: 'image/png', revisedPrompt: 'a red fox' }])
  })

  test('of an edit may be one picture', async () => {
    const { outcome } = start(
      { body: { created: 1, credits: 80, image: IMAGE } },
      { pictures: [INLINE], strength: 0.1 },
    )
    expect(await outcome).toMatchObject({ media: [{ url: IMAGE.url }], providerCost: 80_000_000n })
  })

  test('with fewer pictures than asked for say so', async () => {
    const done = await start({ body: ANSWER }, { count: 3 }).outcome
    expect(done.usage.images).toBe(1)
    expect(done.warnings).toHaveLength(1)
  })

  test('without a price leave it unknown', async () => {
    expect((await start({ body: { data: [IMAGE] } }).outcome).providerCost).toBeUndefined()
  })

  test.each<[string, Scripted]>([
    ['no picture', { body: { ...ANSWER, data: [] } }],
    ['a picture that is nowhere', { body: { ...ANSWER, data: [{ image_id: 'x' }, null] } }],
    ['no JSON', { body: 'ok' }],
  ])('with %s are invalid_output', async (_, scripted) => {
    await expect(start(scripted).outcome).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('pictures', () => {
  const servers: Server[] = []
  const pools = new OriginPools()

  afterEach(async () => {
    await pools.destroy()
    for (const server of servers.splice(0)) server.close()
  })

  test('that are inline go as files', async () => {
    let asked: { path: string; headers: IncomingHttpHeaders; body: Buffer } | undefined
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
      asked = { path: request.url ?? '', headers: request.headers, body }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const connection: Connection = {
      provider: 'recraft',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      credential: 'secret-credential',
      headers: {},
      flags: {},
      settings: {},
      signal: new AbortController().signal,
      transport: createTransport(pools, 'recraft', { connectMs: 5_000, maxConnections: 1 }),
    }
    await recraft.image!.start(call({ pictures: [INLINE], mask: INLINE, count: 2 }), connection)
    expect(asked!.path).toBe('/v1/images/inpaint')
    expect(asked!.headers).toMatchObject({ authorization: 'Bearer secret-credential' })
    const parts = parseMultipart(asked!.body, multipartBoundary(asked!.headers['content-type']!)!)
    expect(parts.map(({ name, data }) => [name, data])).toEqual([
      ['model', Buffer.from('recraftv3')],
      ['prompt', Buffer.from('a fox')],
      ['n', Buffer.from('2')],
      ['response_format', Buffer.from('url')],
      ['image', PNG],
      ['mask', PNG],
    ])
  })

  test.each<[string, Partial<ImageCall>, Record<string, unknown>]>([
    ['by URL', { pictures: [{ url: 'https://host/a.png' }] }, { image_url: 'https://host/a.png' }],
    [
      'beside fields of fields',
      { pictures: [INLINE], inputs: { controls: { no_text: true } } },
      { image_url: `data:image/png;base64,${INLINE.base64}`, controls: { no_text: true } },
    ],
    [
      'of which one is a URL',
      { pictures: [{ url: 'https://host/a.png' }], mask: INLINE },
      { image_url: 'https://host/a.png', mask_url: `data:image/png;base64,${INLINE.base64}` },
    ],
  ])('%s go as JSON', async (_, more, body) => {
    const { connection, outcome } = start({ body: ANSWER }, { strength: 0.5, ...more })
    await outcome
    expect(connection.lastJson()).toMatchObject(body)
  })
})

describe('errors', () => {
  test.each<[number, Scripted['body'], string, Record<string, unknown>]>([
    [401, 'request unauthorized', 'authentication', { retryable: false }],
    [404, '404 page not found\n', 'model_not_found', { message: 'recraft: 404 page not found' }],
    [400, { code: 'not_enough_credits', message: 'Top up.' }, 'billing', { upstreamCode: 'not_enough_credits' }],
    [400, { code: 'invalid_request_parameter', message: 'size is not valid' }, 'invalid_input', {}],
    [400, { error: { message: 'bad prompt', type: 'invalid_request_error' } }, 'invalid_input', {}],
    [402, '', 'billing', { retryable: false }],
    [403, { message: 'forbidden' }, 'permission', {}],
    [413, 'request entity too large', 'invalid_input', {}],
    [422, { code: 'unheard_of', message: 'n is too large' }, 'invalid_input', {}],
    [429, 'too many requests', 'rate_limit', { retryable: true }],
    [500, 'internal error', 'upstream_error', { retryable: true }],
    [503, '', 'overloaded', { retryable: true }],
    [200, { error: { message: 'Slow down.', code: 'rate_limit_exceeded' } }, 'rate_limit', {}],
  ])('%i %o', async (status, body, code, more) => {
    const headers = { 'x-request-id': 'req-2' }
    await expect(start({ status, headers, body }).outcome).rejects.toMatchObject({
      code,
      provider: 'recraft',
      upstreamStatus: status,
      upstreamRequestId: 'req-2',
      ...more,
    })
  })
})
