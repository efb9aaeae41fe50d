import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { TurnoutError } from '../src/core/error.ts'
import type { TestGateway } from './gateway.ts'
import { done, inline, no, PICTURE, pending, SECRET, type Studio, startStudio, startStudioGateway } from './studio.ts'
import { PIXEL } from './upstream.ts'

let studio: Studio
let gateway: TestGateway
beforeAll(async () => {
  studio = await startStudio()
  gateway = await startStudioGateway(studio)
})
afterAll(async () => {
  await gateway.close()
  await studio.close()
})
beforeEach(() => studio.reset())

interface OurFields {
  turnout: { warnings: string[]; mapped: object[] }
}
const draw = async (body: object = {}) => {
  const { data, response } = await gateway.client.images
    .generate({ model: 'brush', prompt: 'a tram', ...body })
    .withResponse()
  const { turnout } = data as unknown as OurFields
  return { pictures: data.data!, usage: data.usage, turnout, headers: response.headers }
}
const attempts = async (headers: Headers) => {
  const { body } = await gateway.api('GET', `/api/usage?requestId=${headers.get('x-turnout-request-id')}`)
  return body.data as Record<string, unknown>[]
}
/** Until what follows from a client's leave is done and written down. */
const SOON = { timeout: 10_000, interval: 20 }

describe('pictures by a provider that does not speak the dialect', () => {
  test('come in its shape, as base64', async () => {
    const { pictures, headers } = await draw()
    expect(pictures.map(({ b64_json }) => b64_json)).toEqual([PIXEL])
    expect(studio.calls).toMatchObject([{ model: 'brush-v2', prompt: 'a tram', count: 1 }])
    expect(headers.get('x-turnout-cost')).toBe('0.04')
    expect(await attempts(headers)).toMatchObject([
      {
        operation: 'images.generate',
        model: 'brush',
        upstreamModel: 'brush-v2',
        provider: 'studio',
        outcome: 'succeeded',
        cost: '0.04',
        usage: { images: 1 },
      },
    ])
  })

  test('what the provider says of cost, usage and prompt is told', async () => {
    const media = { ...inline, revisedPrompt: 'a red tram', seed: 7 }
    const usage = { images: 1, inputTokens: 12, outputTokens: 100, imageInputTokens: 2 }
    studio.start(() => done(media, { providerCost: 31_000_000n, usage, warnings: ['The style is not sent.'] }))
    const { pictures, usage: told, turnout, headers } = await draw()
    expect(pictures).toMatchObject([{ revised_prompt: 'a red tram', seed: 7 }])
    expect(told).toMatchObject({
      input_tokens: 12,
      output_tokens: 100,
      total_tokens: 112,
      input_tokens_details: { text_tokens: 10, image_tokens: 2 },
    })
    expect(turnout.warnings).toEqual(['The style is not sent.'])
    expect(JSON.parse(headers.get('x-turnout-warnings')!)).toEqual(['The style is not sent.'])
    expect(headers.get('x-turnout-cost')).toBe('0.031')
    expect(await attempts(headers)).toMatchObject([{ cost: '0.031' }])
  })

  test('a size becomes the nearest aspect ratio, and that is told', async () => {
    const { turnout, headers } = await draw({ size: '1536x1024' })
    const mapped = { setting: 'size', asked: '1536x1024', used: '16:9', reason: expect.stringContaining('16:9, 1:1') }
    expect(studio.calls).toMatchObject([{ aspectRatio: '16:9', size: undefined }])
    expect(turnout.mapped).toEqual([mapped])
    expect(headers.get('x-turnout-warnings')).toContain('1536x1024')
  })

  test('its settings reach the adapter, also those that the dialect has no word for', async () => {
    await draw({
      size: 'auto',
      quality: 'auto',
      background: 'opaque',
      output_format: 'jpg',
      style: 'cubist',
      negative_prompt: 'rain',
      seed: 5,
      guidance_scale: 3.5,
      aspect_ratio: '9:16',
      loras: [{ path: 'https://example.com/l.safetensors', scale: 0.8 }],
      raw: true,
      tolerance: 2,
    })
    expect(studio.calls).toMatchObject([
      {
        quality: undefined,
        background: 'opaque',
        outputFormat: 'jpeg',
        style: 'cubist',
        negativePrompt: 'rain',
        seed: 5,
        guidanceScale: 3.5,
        aspectRatio: '9:16',
        loras: [{ path: 'https://example.com/l.safetensors', scale: 0.8 }],
        inputs: { raw: true, tolerance: 2 },
      },
    ])
  })

  test.each<[string, object, string, string]>([
    ['a stream', { stream: true }, 'capability_missing', 'stream'],
    ['a field that nobody knows', { nonsense: 1 }, 'invalid_input', 'nonsense'],
    ['a field of OpenAI alone', { output_compression: 50 }, 'invalid_input', 'output_compression'],
    ['an input that its schema does not allow', { tolerance: 9 }, 'invalid_input', 'tolerance'],
    ['a setting that the model lacks', { steps: 20 }, 'capability_missing', 'steps'],
    ['a setting that is none', { seed: 'x' }, 'invalid_input', 'seed'],
    ['both a size and a ratio', { size: '1024x1024', aspect_ratio: '1:1' }, 'invalid_input', 'aspect_ratio'],
  ])('%s is refused by name, before anything is paid', async (_, body, code, param) => {
    await expect(draw(body)).rejects.toMatchObject({ status: 400, code, param })
    expect(studio.calls).toEqual([])
  })

  test('links lead to the bytes, kept here', async () => {
    studio.start(() => done({ url: `${studio.origin}/result.png`, mediaType: 'image/png' }))
    const { pictures } = await draw({ response_format: 'url' })
    expect(pictures).toHaveLength(1)
    const { url } = pictures[0]!
    expect(url).toMatch(new RegExp(`^${gateway.url}/api/artifacts/art_[0-9a-f]+/content\\?.*signature=`))
    const response = await fetch(url!)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PICTURE)
  })
})

describe('results', () => {
  test('at an address are fetched without the credential', async () => {
    studio.start(() => done({ url: `${studio.origin}/result.png`, mediaType: 'image/png' }))
    expect((await draw()).pictures[0]!.b64_json).toBe(PIXEL)
    expect(studio.log).toEqual(['start', 'GET /result.png without credential'])
  })

  test('that are sealed are opened by the adapter', async () => {
    studio.start(() => done({ url: 'https://studio.example/x', sealed: true, mediaType: 'image/png' }))
    expect((await draw()).pictures[0]!.b64_json).toBe(PIXEL)
    expect(studio.log).toEqual(['start', `open https://studio.example/x with ${SECRET}`])
  })

  test.each(['b64_json', 'url'])('that come as a stream of bytes become %s', async (response_format) => {
    async function* body() {
      for (const byte of PICTURE) yield Buffer.of(byte)
    }
    studio.start(() => done({ body: body(), mediaType: 'image/png' }))
    const [picture] = (await draw({ response_format })).pictures
    const bytes = picture!.url
      ? Buffer.from(await (await fetch(picture!.url)).arrayBuffer())
      : Buffer.from(picture!.b64_json!, 'base64')
    expect(bytes).toEqual(PICTURE)
  })

  test.each([
    ['inside our network', 'http://10.0.0.1/secret.png'],
    ['at the address of a cloud', 'http://169.254.169.254/latest/meta-data'],
    ['on another port of this machine', 'http://127.0.0.1:9/x.png'],
    ['of a name that nobody knows', 'http://no-such-machine.internal/x.png'],
    ['in a file', 'file:///etc/passwd'],
    ['with a password', 'http://me:secret@127.0.0.1/x.png'],
  ])('%s are neither fetched nor handed out; it is told that they are paid for', async (_, url) => {
    studio.start(() => done({ url, mediaType: 'image/png' }, { upstreamRequestId: 'up_1' }))
    const error = await draw().then(
      () => expect.unreachable(),
      (reason: { status: number; code: string; message: string }) => reason,
    )
    expect(error).toMatchObject({ status: 502, code: 'invalid_output' })
    expect(error.message).toContain('made and paid for')
    expect(error.message).not.toContain(url)
    expect(studio.calls).toHaveLength(1)
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    const recorded = { outcome: 'failed', errorCode: 'invalid_output', cost: '0.04', usage: { images: 1 } }
    expect(body.data).toMatchObject([{ ...recorded, upstreamRequestId: 'up_1' }])
  })

  test('that are gone are paid for, and their address is not handed out', async () => {
    const gone = { url: `${studio.origin}/gone.png`, mediaType: 'image/png' }
    studio.files.set('/gone.png', { status: 403 })
    studio.start(() => done(gone))
    const error = await draw().then(
      () => expect.unreachable(),
      (reason: { code: string; message: string; headers: Headers }) => reason,
    )
    expect(error.code).toBe('invalid_output')
    expect(error.message).toMatch(/made and paid for.*status 403/)
    expect(error.message).not.toContain(gone.url)
    expect(await attempts(error.headers)).toMatchObject([{ outcome: 'failed', cost: '0.04' }])
  })

  test('that are gone beside others leave those, with a warning', async () => {
    studio.files.set('/gone.png', { status: 403 })
    studio.start(() => done([inline, { url: `${studio.origin}/gone.png`, mediaType: 'image/png' }]))
    const { pictures, turnout } = await draw({ model: 'press', n: 2 })
    expect(pictures.map(({ b64_json }) => b64_json)).toEqual([PIXEL])
    expect(turnout.warnings).toEqual([expect.stringMatching(/1 of 2 outputs could not be fetched.*status 403/)])
  })

  test.each(['b64_json', 'url'])('without a byte are an error, as %s', async (response_format) => {
    studio.files.set('/empty.png', { body: Buffer.alloc(0) })
    async function* body() {}
    for (const media of [{ bytes: Buffer.alloc(0) }, { body: body() }, { url: `${studio.origin}/empty.png` }]) {
      studio.start(() => done({ ...media, mediaType: 'image/png' }))
      await expect(draw({ response_format })).rejects.toMatchObject({ status: 502, code: 'invalid_output' })
    }
  })

  test('that are lost on the way have been paid for, and are not made anew', async () => {
    async function* broken() {
      yield PICTURE.subarray(0, 10)
      throw new TurnoutError('connection', 'The studio closed the connection.')
    }
    studio.start(() => done({ body: broken(), mediaType: 'image/png' }))
    const { message, headers } = await draw().then(
      () => expect.unreachable(),
      (error: { message: string; headers: Headers }) => error,
    )
    expect(message).toContain('made and paid for, but could not be fetched from studio: The studio closed')
    expect(headers.get('x-should-retry')).toBe('false')
    expect(studio.calls).toHaveLength(1)
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    expect(body.data).toMatchObject([{ outcome: 'failed', errorCode: 'invalid_output', cost: '0.04' }])
  })

  test('without a picture are an error that is not tried again', async () => {
    studio.start(() => done([]))
    await expect(draw()).rejects.toMatchObject({ status: 502, code: 'invalid_output' })
    expect(studio.calls).toHaveLength(1)
  })
})

describe('work that takes its time', () => {
  test('is asked for until it is done, also over trouble on the way', async () => {
    studio.start(() => pending({ providerCost: 50_000_000n, upstreamRequestId: 'up_1' }))
    studio.poll(
      () => pending({ operation: { id: 'op_2' } }),
      no('upstream_error', 'down', { upstreamStatus: 503 }),
      () => done(inline),
    )
    const { pictures, headers } = await draw()
    expect(pictures[0]!.b64_json).toBe(PIXEL)
    expect(studio.log).toEqual(['start', 'poll op_1', 'poll op_2', 'poll op_2'])
    expect(await attempts(headers)).toMatchObject([{ cost: '0.05', upstreamRequestId: 'up_1' }])
  })

  test('is called off when the client goes', async () => {
    const leaving = new AbortController()
    studio.start(() => pending({ pollAfterMs: 60_000 }))
    studio.poll(no('canceled', 'The work was called off.', { upstreamStatus: 200 }))
    const asked = gateway.client.images.generate({ model: 'brush', prompt: 'x' }, { signal: leaving.signal })
    await vi.waitFor(() => expect(studio.log).toEqual(['start']))
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await vi.waitFor(() => expect(studio.log).toEqual(['start', 'cancel op_1', 'poll op_1']), SOON)
    await vi.waitFor(async () => {
      const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
      expect(body.data).toMatchObject([{ outcome: 'canceled', cost: null }])
    }, SOON)
  })

  test.each([
    ['nothing', { providerCost: 0n }, '0'],
    ['what the provider says', { providerCost: 30_000_000n, usage: { images: 1 } }, '0.03'],
    ['what was used', { usage: { images: 1 } }, '0.04'],
    ['what nobody knows', {}, null],
  ])('that was withheld costs %s', async (_, said, cost) => {
    studio.start(() => pending())
    studio.poll(no('content_policy', 'The studio does not draw that.', { upstreamStatus: 200, ...said }))
    await expect(draw()).rejects.toMatchObject({ status: 400, code: 'content_policy' })
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    expect(body.data).toMatchObject([{ outcome: 'failed', errorCode: 'content_policy', cost }])
  })

  test('keeps the warnings of its beginning', async () => {
    studio.start(() => pending({ warnings: ['The style is not sent.'] }))
    studio.poll(() => done(inline, { warnings: ['The style is not sent.', 'One was withheld.'] }))
    expect((await draw()).turnout.warnings).toEqual(['The style is not sent.', 'One was withheld.'])
  })

  test('is recorded under an id without secrets, of a bearable length', async () => {
    studio.start(() => done(inline, { upstreamRequestId: `${SECRET}\r\nx: ${'y'.repeat(500)}` }))
    const [{ upstreamRequestId } = expect.unreachable()] = await attempts((await draw()).headers)
    expect(upstreamRequestId).toMatch(/^\[redacted\]_x:_y{150,}$/)
    expect((upstreamRequestId as string).length).toBe(200)
  })

  test('is never started again when it may have been accepted', async () => {
    studio.start(no('connection'), () => done(inline))
    await expect(draw()).rejects.toMatchObject({ status: 502, code: 'unknown_outcome' })
    expect(studio.calls).toHaveLength(1)
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    expect(body.data).toMatchObject([{ outcome: 'unknown', cost: null }])
  })

  test('is started again when it was refused for the moment', async () => {
    studio.start(no('overloaded', 'busy', { upstreamStatus: 503 }), () => done(inline))
    const { headers } = await draw()
    expect(headers.get('x-turnout-attempts')).toBe('2')
    expect(await attempts(headers)).toHaveLength(2)
  })
})
