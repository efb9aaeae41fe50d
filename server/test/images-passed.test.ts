import { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TestGateway } from './gateway.ts'
import { done, inline, PICTURE, pending, type Studio, startStudio, startStudioGateway } from './studio.ts'
import { PIXEL } from './upstream.ts'

/** Pictures as they are made where an operator wants none of them kept. */
let studio: Studio
let gateway: TestGateway
beforeAll(async () => {
  studio = await startStudio()
  gateway = await startStudioGateway(studio, ['--durable-images', 'false'])
})
afterAll(async () => {
  await gateway.close()
  await studio.close()
})
beforeEach(() => {
  studio.reset()
  gateway.emulator.reset()
})

const draw = async (body: object = {}) => {
  const { data, response } = await gateway.client.images
    .generate({ model: 'brush', prompt: 'a tram', ...body })
    .withResponse()
  const { turnout } = data as unknown as { turnout: { warnings: string[] } }
  return { pictures: data.data!, turnout, headers: response.headers }
}
const jobs = async () => (await gateway.api('GET', '/api/jobs')).body.data as unknown[]

test('neither the dialect nor the native API makes a job or keeps anything', async () => {
  const { headers } = await draw()
  expect(headers.get('x-turnout-job-id')).toBeNull()
  const { body } = await gateway.api('POST', '/api/generate-image', { modelId: 'brush', prompt: 'a tram' })
  expect(body.data.images).toEqual([{ base64: PIXEL, mediaType: 'image/png' }])
  expect(await jobs()).toEqual([])
  expect((await gateway.api('GET', '/api/artifacts')).body.data).toEqual([])
})

describe('a link', () => {
  test('leads to the bytes, kept for a while', async () => {
    studio.start(() => done({ url: `${studio.origin}/result.png`, mediaType: 'image/png' }))
    const { pictures } = await draw({ response_format: 'url' })
    const { url } = pictures[0]!
    expect(url).toMatch(new RegExp(`^${gateway.url}/v1/artifacts/link_[0-9a-z]+\\.png\\?`))
    const response = await fetch(url!)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PICTURE)
  })

  test('is that of the provider, with a warning, where the result cannot be fetched', async () => {
    const url = `${studio.origin}/gone.png`
    studio.files.set('/gone.png', { status: 403 })
    studio.start(() => done({ url, mediaType: 'image/png' }))
    const { pictures, turnout, headers } = await draw()
    expect(pictures).toEqual([{ url }])
    expect(turnout.warnings).toEqual([expect.stringContaining('could not be fetched')])
    expect(headers.get('x-turnout-cost')).toBe('0.04')
  })
})

test('several pictures are made four at a time', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const waits = async () => {
    await promise
    return done(inline)
  }
  studio.start(...Array.from({ length: 10 }, () => waits))
  const drawn = draw({ n: 10 })
  await vi.waitFor(() => expect(studio.calls).toHaveLength(4))
  resolve()
  expect((await drawn).pictures).toHaveLength(10)
})

test('work is called off when the client goes', async () => {
  const leaving = new AbortController()
  studio.start(() => pending({ pollAfterMs: 60_000 }))
  studio.poll(() => pending())
  const asked = gateway.client.images.generate({ model: 'brush', prompt: 'x' }, { signal: leaving.signal })
  await vi.waitFor(() => expect(studio.log).toEqual(['start']))
  leaving.abort()
  await expect(asked).rejects.toThrow()
  await vi.waitFor(() => expect(studio.log).toEqual(['start', 'cancel op_1', 'poll op_1']))
  await vi.waitFor(async () => {
    const { body } = await gateway.api('GET', '/api/usage?model=brush&limit=1')
    expect(body.data).toMatchObject([{ outcome: 'canceled', cost: null }])
  })
})

test('an edit for an upstream of the dialect goes on as it came, part by part', async () => {
  const file = (name: string) => toFile(PICTURE, name, { type: 'image/png' })
  const image = [await file('tram.png'), await file('snow flakes.png')]
  const mask = await file('mask.png')
  await gateway.client.images.edit({ model: 'gpt-image-2', prompt: 'snow', quality: 'low', image, mask })
  const [edit] = gateway.emulator.requests().filter(({ operation }) => operation === 'images.edit')
  const sent = edit!.body as { files: { name: string; filename: string }[] }
  const names = sent.files.map(({ name, filename }) => [name, filename])
  expect(names.sort()).toEqual([
    ['image[]', 'snow flakes.png'],
    ['image[]', 'tram.png'],
    ['mask', 'mask.png'],
  ])
})
