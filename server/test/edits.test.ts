import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { crc32, deflateSync } from 'node:zlib'
import { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY, FAST_RETRIES, startGateway, type TestGateway } from './gateway.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const UPSTREAM_ID = 'gpt-image-2'

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const piece = Buffer.alloc(typed.length + 8)
  piece.writeUInt32BE(data.length, 0)
  typed.copy(piece, 4)
  piece.writeUInt32BE(crc32(typed), typed.length + 4)
  return piece
}

/** A black PNG that also holds every byte there is, and what forms are made of, in a chunk that readers skip. */
function png(width: number, height: number, note = ''): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('noTe', Buffer.concat([everyByte, Buffer.from(`\r\n--boundary--\r\n\r\nname="model"\r\n${note}`)])),
    chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * height))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const TRAM = png(64, 64)
const SNOW = png(48, 32, 'another one, so that its size differs')
const MASK = png(64, 64, 'mask')
const file = (data: Buffer, name: string) => toFile(data, name, { type: 'image/png' })

const painters = (vllm: string) =>
  JSON.stringify({
    providers: { studio: { baseUrl: vllm, flags: { responseFormat: false } } },
    models: [
      { id: 'painter', aliases: ['brush'], provider: 'openai', upstreamId: UPSTREAM_ID, output: ['image'] },
      {
        id: 'careful',
        provider: 'openai',
        upstreamId: UPSTREAM_ID,
        output: ['image'],
        defaults: { quality: 'low', output_format: 'webp' },
      },
      { id: 'own', provider: 'studio', upstreamId: 'draws', output: ['image'] },
    ],
    discovery: false,
    retry: { maxRetries: 0 },
  })

let upstream: Upstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway({ configuration: painters(upstream.origin) })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
beforeEach(() => gateway.emulator.reset())

/** What reached the emulator, which keeps the fields of a form and of each file its name, type and size. */
function received(): Record<string, unknown> {
  const [edit] = gateway.emulator.requests().filter(({ operation }) => operation === 'images.edit')
  return edit!.body as Record<string, unknown>
}
const sent = (name: string, filename: string, data: Buffer) => ({
  name,
  filename,
  mimeType: 'image/png',
  bytes: data.length,
})

describe('an edit by form', () => {
  test.each(['painter', 'brush', 'openai/painter'])('as %s reaches the model behind the name', async (model) => {
    const { data, response } = await gateway.client.images
      .edit({
        model,
        prompt: 'Schnee – ❄',
        image: await file(TRAM, 'tram.png'),
        n: 2,
        size: '1024x1024',
        quality: 'low',
      })
      .withResponse()
    expect(data.data!.map(({ b64_json }) => Buffer.from(b64_json!, 'base64').toString('latin1', 1, 4))).toEqual([
      'PNG',
      'PNG',
    ])
    expect(response.headers.get('x-turnout-model')).toBe('painter')
    expect(Number(response.headers.get('x-turnout-cost'))).toBeGreaterThan(0)
    expect(received()).toEqual({
      model: UPSTREAM_ID,
      prompt: 'Schnee – ❄',
      n: '2',
      size: '1024x1024',
      quality: 'low',
      files: [sent('image', 'image.png', TRAM)],
    })
  })

  test('brings several pictures and a mask', async () => {
    const image = [await file(TRAM, 'tram.png'), await file(SNOW, 'snow flakes.png')]
    const { data } = await gateway.client.images.edit({
      model: 'painter',
      prompt: 'snow on the tram',
      image,
      mask: await file(MASK, 'mask.png'),
      quality: 'low',
    })
    expect(data).toHaveLength(1)
    expect(received()).toEqual({
      model: UPSTREAM_ID,
      prompt: 'snow on the tram',
      quality: 'low',
      files: [
        sent('image[]', 'image[].png', TRAM),
        sent('image[]', 'image[].png', SNOW),
        sent('mask', 'mask.png', MASK),
      ],
    })
  })

  test('arrives byte for byte when it is written anew', async () => {
    const image = [await file(TRAM, 'tram.png'), await file(SNOW, 'snow.png')]
    await gateway.client.images.edit({ model: 'own', prompt: 'x', image, response_format: 'b64_json' })
    const { raw, headers, path } = upstream.last()
    expect(path).toBe('/v1/images/edits')
    const form = await new Response(raw, { headers: { 'content-type': headers['content-type']! } }).formData()
    expect([...form.keys()].sort()).toEqual(['image[]', 'image[]', 'model', 'prompt'])
    expect(form.get('model')).toBe('draws')
    const bytes = await Promise.all(
      form.getAll('image[]').map(async (part) => Buffer.from(await (part as File).arrayBuffer())),
    )
    expect(bytes.map((data, index) => data.equals([TRAM, SNOW][index]!))).toEqual([true, true])
  })

  test('streams previews', async () => {
    const stream = await gateway.client.images.edit({
      model: 'brush',
      prompt: 'snow',
      image: await file(TRAM, 'tram.png'),
      stream: true,
      partial_images: 2,
      quality: 'low',
    })
    const events = await Array.fromAsync(stream)
    expect(events.map(({ type }) => type)).toEqual([
      'image_edit.partial_image',
      'image_edit.partial_image',
      'image_edit.completed',
    ])
    expect(events.at(-1)).toMatchObject({ usage: { total_tokens: expect.any(Number) } })
    expect(received()).toMatchObject({ model: UPSTREAM_ID, stream: 'true', partial_images: '2' })
  })

  test('takes the defaults of the model where it sets nothing', async () => {
    await gateway.client.images.edit({
      model: 'careful',
      prompt: 'snow',
      image: await file(TRAM, 'tram.png'),
      quality: 'medium',
    })
    expect(received()).toEqual({
      model: UPSTREAM_ID,
      prompt: 'snow',
      quality: 'medium',
      output_format: 'webp',
      files: [sent('image', 'image.png', TRAM)],
    })
  })

  test('has no place for what is for Turnout, and says so', async () => {
    const edited = gateway.client.images.edit({
      model: 'painter',
      prompt: 'x',
      image: await file(TRAM, 'tram.png'),
      // The SDK writes an object as several fields; by hand it is one.
      ...{ turnout: '{"stream":"held"}' },
    })
    await expect(edited).rejects.toMatchObject({ status: 400, code: 'invalid_input', param: 'turnout' })
    expect(gateway.emulator.requests()).toEqual([])
  })

  test('is metered as one', async () => {
    const { response } = await gateway.client.images
      .edit({ model: 'brush', prompt: 'snow', image: await file(TRAM, 'tram.png'), n: 2, quality: 'low' })
      .withResponse()
    const requestId = response.headers.get('x-turnout-request-id')
    const { body } = await gateway.api('GET', `/api/usage?requestId=${requestId}`)
    expect(body.data).toMatchObject([
      {
        operation: 'images.edit',
        model: 'painter',
        upstreamModel: UPSTREAM_ID,
        outcome: 'succeeded',
        usage: { images: 2, outputTokens: gateway.emulator.bill().outputTokens },
        cost: response.headers.get('x-turnout-cost'),
      },
    ])
  })
})

describe('links to pictures', () => {
  const asked = { model: UPSTREAM_ID, prompt: 'snow', quality: 'low', response_format: 'url' } as const
  const link = async ({ client }: TestGateway) => {
    const { data } = await client.images.edit({ ...asked, image: await file(TRAM, 'tram.png') })
    expect(data!.map((picture) => Object.keys(picture))).toEqual([['url']])
    return new URL(data![0]!.url!)
  }
  const fetched = async (to: TestGateway, { pathname, search }: URL) => {
    const response = await fetch(to.url + pathname + search)
    return Buffer.from(await response.arrayBuffer()).toString('latin1', 1, 4)
  }

  test('begin with the address that the request came to', async () => {
    const url = await link(gateway)
    expect(url.origin).toBe(gateway.url)
    expect(received()).not.toHaveProperty('response_format')
    expect(await fetched(gateway, url)).toBe('PNG')
  })

  test('even if that is another name of ours', async () => {
    const images = [{ image_url: `data:image/png;base64,${TRAM.toString('base64')}` }]
    const call = request(`${gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: {
        host: 'studio.example:8443',
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/json',
      },
    })
    call.end(JSON.stringify({ ...asked, images }))
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    const { data } = (await json(response)) as { data: { url: string }[] }
    const url = new URL(data[0]!.url)
    expect(url.origin).toBe('http://studio.example:8443')
    expect(await fetched(gateway, url)).toBe('PNG')
  })

  test('begin with the public URL where one is configured', async () => {
    const proxied = await startGateway({
      configuration: FAST_RETRIES,
      env: { TURNOUT_PUBLIC_URL: 'https://models.example.com/turnout/' },
    })
    try {
      const url = await link(proxied)
      expect(url.href).toMatch(/^https:\/\/models\.example\.com\/turnout\/api\/artifacts\//)
      expect(await fetched(proxied, new URL(url.href.replace('/turnout', '')))).toBe('PNG')
    } finally {
      await proxied.close()
    }
  })
})
