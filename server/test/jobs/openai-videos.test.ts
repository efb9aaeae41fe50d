import { createHash } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import type { Video, VideoCreateParams } from 'openai/resources/videos'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY } from '../gateway.ts'
import { type JobWorld, jobWorld, waitFor } from './world.ts'

const MODEL = 'flux-3-video'
const PNG = await sharp({ create: { width: 64, height: 36, channels: 3, background: '#803020' } })
  .png()
  .toBuffer()

let world: JobWorld
let client: OpenAI
beforeAll(async () => {
  world = await jobWorld({ configuration: `pools: { films: { members: [${MODEL}] } }`, doubles: { pendingPolls: 0 } })
  client = world.gateway.client
})
afterAll(() => world.close())
afterEach(() => world.emulator.reset())

/** What the SDK's types leave out: the seconds of other models than OpenAI's. */
const create = (params: object, options?: OpenAI.RequestOptions) =>
  client.videos.create({ model: MODEL, prompt: 'A train', ...params } as VideoCreateParams, options)

/** The video, once it is over. */
const over = (id: string): Promise<Video> =>
  waitFor(async () => {
    const video = await client.videos.retrieve(id)
    if (video.status === 'queued' || video.status === 'in_progress') throw new Error(`${id} is ${video.status}`)
    return video
  })

const made = async (params: object = {}): Promise<Video> => over((await create(params)).id)

const ask = (path: string, init: RequestInit & { key?: string } = {}) =>
  fetch(`${world.gateway.url}/v1/videos${path}`, {
    ...init,
    headers: { authorization: `Bearer ${init.key ?? ADMIN_KEY}`, ...init.headers },
  })

const refused = async (body: object) => {
  const headers = { 'content-type': 'application/json' }
  const response = await ask('', { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, error: ((await response.json()) as { error: Record<string, unknown> }).error }
}

const submitted = () => world.emulator.requests().find(({ operation }) => operation === 'bfl.submit')?.body

describe("OpenAI's SDK", () => {
  it('makes a video, asks how it is, fetches it, and deletes it', async () => {
    const { data: video, response } = await create({ seconds: '8', size: '1280x720' }).withResponse()
    expect(video).toMatchObject({ object: 'video', model: MODEL, prompt: 'A train', seconds: '8', size: '1280x720' })
    expect(['queued', 'in_progress']).toContain(video.status)
    expect(video.created_at).toBeGreaterThan(1.7e9)
    expect(response.headers.get('x-turnout-job-id')).toBe(video.id)
    expect(response.headers.get('x-turnout-request-id')).toMatch(/^req_/)

    const done = await over(video.id)
    expect(done).toMatchObject({ status: 'completed', progress: 100, error: null, seconds: '8', expires_at: null })
    expect(done.completed_at).toBeGreaterThanOrEqual(done.created_at)
    const { headers } = await client.videos.retrieve(video.id).asResponse()
    expect(headers.get('x-turnout-provider')).toBe('bfl')
    expect(headers.get('x-turnout-cost')).toBe('1.36')
    expect(headers.get('x-turnout-warnings')).toContain('size was sent as')
    expect(submitted()).toMatchObject({ mode: 't2v', duration: 8, aspect_ratio: '16:9', resolution: 'hd' })

    const content = await client.videos.downloadContent(video.id)
    const bytes = Buffer.from(await content.arrayBuffer())
    const job = await world.job(video.id)
    expect(content.headers.get('content-type')).toBe('video/mp4')
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(job.outputs[0]!.sha256)

    expect(await client.videos.delete(video.id)).toEqual({ id: video.id, object: 'video.deleted', deleted: true })
    await expect(client.videos.retrieve(video.id)).rejects.toMatchObject({ status: 404, code: 'not_found' })
    expect((await fetch(job.outputs[0]!.url)).status).toBe(404)
    expect(world.generations()).toBe(1)
  })

  it('lists videos page by page in either order, and nothing but videos', async () => {
    const { body } = await world.gateway.api('POST', '/api/keys', { name: 'lister', role: 'user' })
    const own = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: body.data.secret, maxRetries: 0 })
    const ids: string[] = []
    for (const prompt of ['one', 'two', 'three']) ids.push((await own.videos.create({ model: MODEL, prompt })).id)
    await world.order({ model: 'flux-2-pro', inputs: { prompt: 'a picture' } }, { key: body.data.secret })
    const listed = async (order: 'asc' | 'desc') => {
      const found: string[] = []
      for await (const video of own.videos.list({ limit: 2, order })) found.push(video.id)
      return found
    }
    expect(await listed('asc')).toEqual(ids)
    expect(await listed('desc')).toEqual(ids.toReversed())
    await expect(own.videos.list({ after: 'job_of_nobody' })).rejects.toMatchObject({ status: 404, param: 'after' })
    await Promise.all(ids.map(over))
  })

  it('brings a picture to start from as a file, and the same file again is the same request', async () => {
    const key = { headers: { 'Idempotency-Key': 'film-1' } }
    const file = () => toFile(PNG, 'start.png', { type: 'image/png' })
    const first = await create({ input_reference: await file() }, key)
    const again = await create({ input_reference: await file() }, key)
    expect(again.id).toBe(first.id)
    expect(await over(first.id)).toMatchObject({ status: 'completed', error: null })
    expect(submitted()).toMatchObject({ mode: 'i2v' })
    expect(world.generations()).toBe(1)
    await expect(create({ prompt: 'Another' }, key)).rejects.toMatchObject({ status: 409, param: 'Idempotency-Key' })
    const { body } = await world.gateway.api('GET', '/api/artifacts?kind=upload')
    expect(body.data).toHaveLength(1)
    const byId = await made({ input_reference: { file_id: body.data[0].id } })
    expect(byId.status).toBe('completed')
    await expect(create({ input_reference: await toFile(Buffer.from('<html>'), 'a.png') })).rejects.toMatchObject({
      status: 400,
      param: 'input_reference',
    })
  })

  it('sees a failure as one, with its reason', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' } })
    const video = await made()
    expect(video).toMatchObject({ status: 'failed', completed_at: null, error: { code: 'content_policy' } })
    expect(video.progress).toBeLessThan(100)
    await expect(client.videos.downloadContent(video.id)).rejects.toMatchObject({ status: 404 })
  })

  it('waits for a video that takes its time, and a pool may make it', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 3 } })
    const video = await create({ model: 'pool:films' })
    await waitFor(async () => expect((await client.videos.retrieve(video.id)).status).toBe('in_progress'))
    await expect(client.videos.downloadContent(video.id)).rejects.toMatchObject({ status: 409 })
    await expect(client.videos.delete(video.id)).rejects.toMatchObject({ status: 409 })
    const done = await over(video.id)
    expect(done).toMatchObject({ status: 'completed', model: 'pool:films', seconds: '5' })
    const { headers } = await client.videos.retrieve(video.id).asResponse()
    expect(headers.get('x-turnout-route')).toBe('pool:films')
    expect(headers.get('x-turnout-model')).toBe(MODEL)
  })
})

describe('the bytes', () => {
  it('come in parts, by their tag, and never twice', async () => {
    const { id } = await made()
    const whole = await ask(`/${id}/content?variant=video`)
    const bytes = Buffer.from(await whole.arrayBuffer())
    const etag = whole.headers.get('etag')!
    const part = await ask(`/${id}/content`, { headers: { range: 'bytes=4-7', 'if-range': etag } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-7/${bytes.length}`])
    expect(await part.text()).toBe('ftyp')
    const stale = await ask(`/${id}/content`, { headers: { range: 'bytes=4-7', 'if-range': '"other"' } })
    expect([stale.status, (await stale.arrayBuffer()).byteLength]).toEqual([200, bytes.length])
    const outside = await ask(`/${id}/content`, { headers: { range: 'bytes=99999999-' } })
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
    expect((await ask(`/${id}/content`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await ask(`/${id}/content?variant=spritesheet`)).status).toBe(400)
  })

  it('and the video itself are for its own key alone', async () => {
    const { id } = await made()
    const { body } = await world.gateway.api('POST', '/api/keys', { name: 'other', role: 'user' })
    const key = body.data.secret as string
    for (const [path, method] of [
      [`/${id}`, 'GET'],
      [`/${id}/content`, 'GET'],
      [`/${id}`, 'DELETE'],
    ] as const) {
      expect((await ask(path, { method, key })).status).toBe(404)
      expect((await ask(path, { method, key: 'wrong' })).status).toBe(401)
    }
    expect(((await (await ask('', { key })).json()) as { data: unknown[] }).data).toEqual([])
    const viewer = await world.gateway.api('POST', '/api/keys', { name: 'viewer', role: 'viewer' })
    expect((await ask('', { method: 'POST', key: viewer.body.data.secret, body: '{}' })).status).toBe(403)
  })
})

describe('a request is refused in its own words', () => {
  const good = { model: MODEL, prompt: 'A train' }
  it.each<[string, object, number, string, string]>([
    ['a field that nobody knows', { ...good, fps_limit: 3 }, 400, 'fps_limit', 'is not known'],
    ['more than one video', { ...good, num_videos: 2 }, 400, 'num_videos', 'is not known'],
    ['no prompt', { model: MODEL }, 400, 'prompt', 'prompt is required'],
    ['no model', { prompt: 'x' }, 400, 'model', 'model is required'],
    ['an unknown model', { ...good, model: 'sora-9' }, 404, 'model', 'sora-9'],
    ['a model of pictures', { ...good, model: 'flux-2-pro' }, 400, 'model', 'makes no videos'],
    ['a user that cannot be stored', { ...good, user: 'a\0b' }, 400, 'user', 'must have no control characters'],
    ['a size that is none', { ...good, size: 'large' }, 400, 'size', 'must be WIDTHxHEIGHT'],
    ['a size that is too small', { ...good, size: '10x10' }, 400, 'size', 'size must be at least 16'],
    ['seconds that are none', { ...good, seconds: 'four' }, 400, 'seconds', 'number of seconds'],
    ['an input of a wrong type', { ...good, generate_audio: 'loud' }, 400, 'generate_audio', 'generate_audio must be'],
    [
      'a reference of two kinds',
      { ...good, input_reference: { image_url: 'https://a.example/a.png', file_id: 'file_1' } },
      400,
      'input_reference',
      'either image_url or file_id',
    ],
  ])('%s', async (_, body, status, param, message) => {
    const answer = await refused(body)
    expect(answer).toMatchObject({ status, error: { param, message: expect.stringContaining(message) } })
    expect(world.emulator.requests()).toEqual([])
  })

  it('and methods that a path does not take are named', async () => {
    const response = await ask('/job_1', { method: 'PUT' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, DELETE'])
  })
})

it('settings of the model go beside the others, in a form as in JSON', async () => {
  await made({ resolution: 'fhd', generate_audio: false })
  expect(submitted()).toMatchObject({ resolution: 'fhd', generate_audio: false })
})

it('is described beside the other routes', async () => {
  const { paths } = (await (await fetch(`${world.gateway.url}/openapi.json`)).json()) as {
    paths: Record<string, object>
  }
  expect(Object.keys(paths['/v1/videos']!)).toEqual(['post', 'get'])
  expect(Object.keys(paths['/v1/videos/{id}']!)).toEqual(['get', 'delete'])
  expect(paths).toHaveProperty(['/v1/videos/{id}/content'])
})
