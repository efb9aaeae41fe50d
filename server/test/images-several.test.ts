import { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ImageCall } from '../src/core/media.ts'
import type { TestGateway } from './gateway.ts'
import { done, inline, no, PICTURE, type Studio, startStudio, startStudioGateway } from './studio.ts'
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
/** Calls of one request are made at once, in no order. */
const bySeed = () => studio.calls.toSorted((a, b) => a.seed! - b.seed!)

describe('several pictures of a model that makes one per call', () => {
  test('are made by several calls, each with the next seed, and come in order', async () => {
    const each = [0, 1, 2].map((index) => Buffer.concat([PICTURE, Buffer.of(index)]))
    const made = ({ seed = 0 }: ImageCall) => done({ bytes: each[seed - 41]!, mediaType: 'image/png' })
    studio.start(made, made, made)
    const { pictures, turnout, headers } = await draw({ n: 3, seed: 41 })
    expect(pictures.map(({ b64_json }) => b64_json)).toEqual(each.map((bytes) => bytes.toString('base64')))
    expect(bySeed().map(({ count, seed }) => ({ count, seed }))).toEqual([
      { count: 1, seed: 41 },
      { count: 1, seed: 42 },
      { count: 1, seed: 43 },
    ])
    expect(turnout.mapped).toMatchObject([{ setting: 'seed', asked: 41, used: [41, 42, 43] }])
    expect(headers.get('x-turnout-cost')).toBe('0.12')
    expect(headers.get('x-turnout-attempts')).toBe('3')
    const numbers = (await attempts(headers)).map(({ attempt }) => attempt)
    expect(numbers.sort()).toEqual([1, 2, 3])
  })

  test('are as many per call as it makes', async () => {
    const { pictures } = await draw({ model: 'press', n: 10 })
    expect(pictures).toHaveLength(10)
    expect(studio.calls.map(({ count }) => count).sort()).toEqual([2, 4, 4])
  })

  test('what was made is answered although some could not be, with a warning that says why', async () => {
    const moderated = no('content_policy', 'The studio does not draw that.', { upstreamStatus: 200, providerCost: 0n })
    studio.start(
      () => done(inline),
      moderated,
      () => done(inline),
    )
    const { pictures, turnout, headers } = await draw({ n: 3 })
    expect(pictures).toHaveLength(2)
    expect(turnout.warnings).toEqual(['1 of 3 pictures could not be made: The studio does not draw that.'])
    expect(headers.get('x-turnout-warnings')).toContain('1 of 3')
    expect(headers.get('x-turnout-cost')).toBe('0.08')
  })

  test('one whose fate is unknown makes the cost unknown', async () => {
    studio.start(no('connection'), () => done(inline))
    const { pictures, headers } = await draw({ n: 2 })
    expect(pictures).toHaveLength(1)
    expect(headers.has('x-turnout-cost')).toBe(false)
  })

  test('fail together when all of them do', async () => {
    studio.start(no('content_policy', 'No.', { upstreamStatus: 400 }), no('connection'))
    await expect(draw({ n: 2 })).rejects.toMatchObject({ code: 'unknown_outcome' })
  })

  test('are not begun where each would fail the same way', async () => {
    studio.start(...Array.from({ length: 10 }, () => no('billing', 'no credit', { upstreamStatus: 402 })))
    await expect(draw({ model: 'pen', n: 10 })).rejects.toMatchObject({
      status: 402,
      code: 'billing',
      message: expect.stringContaining('no credit'),
    })
    expect(studio.calls).toHaveLength(4)
  })
})

describe('edits', () => {
  const picture = { base64: PIXEL, mediaType: 'image/png' }
  const dataUrl = `data:image/jpeg;base64,${PIXEL}`

  test('by form bring pictures, a mask and settings of the model', async () => {
    const image = [await toFile(PICTURE, 'a.png'), await toFile(PICTURE, 'b.png')]
    const mask = await toFile(PICTURE, 'mask.png')
    const more = { seed: 9, tolerance: 3, raw: true } as object
    await gateway.client.images.edit({ model: 'brush', prompt: 'snow', image, mask, n: 2, ...more })
    expect(bySeed()).toMatchObject([
      { prompt: 'snow', pictures: [picture, picture], mask: picture, seed: 9, inputs: { tolerance: 3, raw: true } },
      { seed: 10 },
    ])
  })

  const edit = (body: object) =>
    fetch(`${gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.client.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'brush', prompt: 'snow', ...body }),
    })

  test('by JSON bring pictures by data URL, whatever they are said to be', async () => {
    const response = await edit({ images: [{ image_url: dataUrl }], mask: { image_url: dataUrl } })
    expect(response.status).toBe(200)
    expect(studio.calls).toMatchObject([{ pictures: [picture], mask: picture }])
    expect(await attempts(response.headers)).toMatchObject([{ operation: 'images.edit' }])
  })

  test.each<[string, object, string]>([
    ['none', {}, 'images'],
    ['one that is no picture', { images: [{ image_url: 'data:image/png;base64,aGVsbG8=' }] }, 'images[0].image_url'],
    ['a file of OpenAI', { images: [{ file_id: 'file_1' }] }, 'images[0].image_url'],
    ['another protocol', { images: [{ image_url: 'file:///etc/passwd' }] }, 'images[0].image_url'],
    ['an address inside our network', { images: [{ image_url: 'http://10.0.0.1/a.png' }] }, 'images[0]'],
    ['an address of this machine', { images: [{ image_url: 'http://[::1]/a.png' }] }, 'images[0]'],
  ])('with %s are refused', async (_, body, param) => {
    const response = await edit(body)
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_input', param } },
    })
    expect(studio.calls).toEqual([])
  })
})

describe('the native API', () => {
  test('takes all settings, and tells what was mapped', async () => {
    const { status, body } = await gateway.api('POST', '/api/generate-image', {
      modelId: 'brush',
      prompt: 'a tram',
      negativePrompt: 'rain',
      aspectRatio: '3:2',
      count: 2,
      seed: 1,
      images: [`data:image/png;base64,${PIXEL}`],
      mask: `data:image/png;base64,${PIXEL}`,
      strength: 0.4,
      loras: [{ path: 'x' }],
      style: 'cubist',
      quality: 'high',
      outputFormat: 'webp',
      inputs: { raw: true },
    })
    expect(status).toBe(200)
    const picture = { base64: PIXEL, mediaType: 'image/png' }
    const sent = {
      aspectRatio: '16:9',
      pictures: [picture],
      mask: picture,
      strength: 0.4,
      style: 'cubist',
      quality: 'high',
      outputFormat: 'png',
      inputs: { raw: true },
    }
    expect(bySeed()).toMatchObject([
      { ...sent, seed: 1 },
      { ...sent, seed: 2 },
    ])
    expect(body.data).toMatchObject({ model: 'brush', attempts: 2, cost: '0.08', images: [picture, picture] })
    expect((body.data.mapped as { setting: string }[]).map(({ setting }) => setting).sort()).toEqual([
      'aspectRatio',
      'outputFormat',
      'seed',
    ])
  })

  test('tells all that is wrong with inputs, with their paths', async () => {
    const { status, body } = await gateway.api('POST', '/api/generate-image', {
      modelId: 'brush',
      prompt: 'a tram',
      inputs: { raw: 'yes', tolerance: 12 },
    })
    expect({ status, details: body.error.details }).toEqual({
      status: 400,
      details: [
        { path: 'inputs.raw', message: 'must be boolean' },
        { path: 'inputs.tolerance', message: expect.stringContaining('<= 6') },
      ],
    })
  })
})
