import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { at, expectLeakSeen, fetched, plainPicture, send } from '../media/testing.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'
import { wire } from '../testing-wire.ts'
import type { JsonObject } from '../types.ts'

const KEY = { 'x-key': 'bfl-test' }

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('bfl')
  const submit = (model: string, body: JsonObject) => send(`${base}/v1/${model}`, KEY, body)
  const poll = (url: unknown) => send(String(url), KEY)
  /** Submits, then polls once more than it takes. */
  const finish = async (model: string, body: JsonObject) => poll((await submit(model, body)).json.polling_url)
  return { emulator, base, submit, poll, finish }
}

const SMALL = { prompt: 'A fox', width: 64, height: 96 }

describe('BFL: tasks', () => {
  it('submits with its cost, waits, and delivers by URL', async () => {
    const { submit, poll, emulator } = await world()
    const { json } = await submit('flux-2-klein-4b', { ...SMALL, seed: 7, output_format: 'png' })
    expect(json).toMatchObject({ id: expect.any(String), cost: 1.4, input_mp: 0, output_mp: 0.01 })
    expect(String(json.polling_url)).toContain(`/v1/get_result?id=${String(json.id)}`)
    expect((await poll(json.polling_url)).json).toMatchObject({ id: json.id, status: 'Pending', result: null })
    const ready = (await poll(json.polling_url)).json
    expect(ready).toMatchObject({ status: 'Ready', result: { prompt: 'A fox', seed: 7, duration: expect.any(Number) } })
    const sample = at(ready, 'result', 'sample')
    expect(await fetched(sample)).toEqual({ status: 200, type: 'image/png', size: '64x96' })
    expect(at((await poll(json.polling_url)).json, 'result', 'sample')).toBe(sample)
    expect(emulator.bill().models['flux-2-klein-4b']).toMatchObject({ calls: 1, images: 1 })
    await expectLeakSeen(emulator, sample, KEY)
  })

  it('counts megapixels, and starts from pictures', async () => {
    const { submit, poll } = await world({ pendingPolls: 0 })
    const input = (await plainPicture(128, 64)).toString('base64')
    const edit = await submit('flux-2-pro', {
      prompt: 'Add a hat',
      input_image: input,
      input_image_2: 'https://a.b/c.png',
    })
    expect(edit.json).toMatchObject({ cost: 6, input_mp: 1.01, output_mp: 0.01 })
    const result = await fetched(at((await poll(edit.json.polling_url)).json, 'result', 'sample'))
    expect(result).toEqual({ status: 200, type: 'image/jpeg', size: '128x64' })
    const expand = await submit('flux-pro-1.0-expand', { image: input, top: 32, left: 16 })
    expect((await fetched(at((await poll(expand.json.polling_url)).json, 'result', 'sample'))).size).toBe('144x96')
  })

  it('serves FLUX 3: stages, classes of resolution, video by the second', async () => {
    const { submit, poll, emulator } = await world({ pendingPolls: 3 })
    const { json } = await submit('flux-3-image', { prompt: 'A fox', resolution: '768sq', grounding: false })
    expect(json.cost).toBe(4.1)
    const seen: unknown[] = []
    for (let count = 0; count < 4; count++) seen.push((await poll(json.polling_url)).json.status)
    expect(seen).toEqual(['Pending', 'Reasoning', 'Generating', 'Ready'])
    const video = await submit('flux-3-video', { mode: 't2v', prompt: 'A fox', duration: 8, resolution: 'fhd' })
    expect(video.json.cost).toBe(232)
    for (let count = 0; count < 3; count++) await poll(video.json.polling_url)
    const film = await fetch(String(at((await poll(video.json.polling_url)).json, 'result', 'sample')))
    expect(film.headers.get('content-type')).toBe('video/mp4')
    expect(Buffer.from(await film.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp')
    expect(emulator.bill()).toMatchObject({ images: 1, seconds: 8 })
  })

  it('answers a webhook without a polling URL, knows its credits, and misses unknown tasks', async () => {
    const { submit, base } = await world()
    const hooked = await submit('flux-dev', { prompt: 'x', webhook_url: 'https://a.b/hook' })
    expect(hooked.json).toMatchObject({ status: 'Pending', webhook_url: 'https://a.b/hook' })
    expect(hooked.json).not.toHaveProperty('polling_url')
    expect((await send(`${base}/v1/credits`, KEY)).json.credits).toBeGreaterThan(0)
    const missing = await send(`${base}/v1/get_result?id=nothing`, KEY)
    expect([missing.status, missing.json.status]).toEqual([404, 'Task not found'])
    expect((await send(`${base}/v1/get_result`, KEY)).json).toMatchObject({ detail: [{ loc: ['query', 'id'] }] })
  })
})

describe('BFL: refusals', () => {
  const cases: [string, string, JsonObject, (string | number)[], string][] = [
    ['no prompt', 'flux-2-pro', {}, ['body', 'prompt'], 'missing'],
    ['an unknown field', 'flux-2-pro', { prompt: 'x', steps: 3 }, ['body', 'steps'], 'extra_forbidden'],
    ['a side of 0', 'flux-2-pro', { prompt: 'x', width: 0 }, ['body', 'width'], 'greater_than_equal'],
    ['a side that is no multiple', 'flux-2-pro', { prompt: 'x', width: 100 }, ['body', 'width'], 'multiple_of'],
    [
      'a picture that is too large',
      'flux-2-max',
      { prompt: 'x', width: 4096, height: 2048 },
      ['body', 'width'],
      'value_error',
    ],
    ['an older side', 'flux-dev', { width: 1456 }, ['body', 'width'], 'less_than_equal'],
    ['an older step', 'flux-pro-1.1', { height: 272 }, ['body', 'height'], 'multiple_of'],
    ['guidance as text', 'flux-2-flex', { prompt: 'x', guidance: '5' }, ['body', 'guidance'], 'float_type'],
    [
      'too tolerant',
      'flux-2-klein-9b',
      { prompt: 'x', safety_tolerance: 6 },
      ['body', 'safety_tolerance'],
      'less_than_equal',
    ],
    ['another format', 'flux-dev', { output_format: 'gif' }, ['body', 'output_format'], 'literal_error'],
    [
      'a ratio out of bounds',
      'flux-kontext-pro',
      { prompt: 'x', aspect_ratio: '3:1' },
      ['body', 'aspect_ratio'],
      'value_error',
    ],
    ['a malformed ratio', 'flux-pro-1.1-ultra', { aspect_ratio: 'wide' }, ['body', 'aspect_ratio'], 'value_error'],
    ['what is no picture', 'flux-pro-1.0-fill', { image: 'aGVsbG8=' }, ['body', 'image'], 'value_error'],
    ['a seed for FLUX 3', 'flux-3-image', { prompt: 'x', seed: 1 }, ['body', 'seed'], 'extra_forbidden'],
    [
      'eleven pictures',
      'flux-3-image',
      { prompt: 'x', images: Array(11).fill('https://a.b/c') },
      ['body', 'images'],
      'too_long',
    ],
    ['no mode', 'flux-3-video', { prompt: 'x' }, ['body', 'mode'], 'value_error'],
    [
      'a short video',
      'flux-3-video',
      { mode: 't2v', prompt: 'x', duration: 4 },
      ['body', 'duration'],
      'greater_than_equal',
    ],
    ['a picture without keyframes', 'flux-3-video', { mode: 'i2v', prompt: 'x' }, ['body', 'keyframes'], 'missing'],
  ]

  it.each(cases)('%s', async (_name, model, body, loc, type) => {
    const { submit, emulator } = await world()
    const { status, json } = await submit(model, body)
    expect([status, json]).toMatchObject([422, { detail: [{ loc, type, msg: expect.any(String) }] }])
    expect(emulator.bill().calls).toBe(0)
  })

  it('requests without the right key, to unknown models, and without JSON', async () => {
    const { base, submit } = await world({ credentials: ['bfl-test'] })
    const wrong: Record<string, string>[] = [{}, { 'x-key': 'other' }, { authorization: 'Bearer bfl-test' }]
    for (const headers of wrong) {
      const { status, json } = await send(`${base}/v1/flux-dev`, headers, { prompt: 'x' })
      expect([status, json]).toEqual([403, { detail: 'Not authenticated' }])
    }
    expect((await submit('flux-9', { prompt: 'x' })).status).toBe(404)
    const form = await send(`${base}/v1/flux-dev`, { ...KEY, 'content-type': 'text/plain' }, { prompt: 'x' })
    expect(form.status).toBe(422)
  })
})

describe('BFL: faults', () => {
  it('moderates the request or, at a later stage, the content; fails; expires', async () => {
    const { finish, emulator } = await world({ pendingPolls: 0 })
    const say = async (fault: Parameters<typeof emulator.faults.add>[0]['fault']) => {
      emulator.faults.add({ match: { provider: 'bfl', operation: 'bfl.submit' }, fault })
      return (await finish('flux-dev', { prompt: 'x' })).json
    }
    expect(await say({ kind: 'moderated' })).toMatchObject({ status: 'Request Moderated', result: null })
    expect(await say({ kind: 'moderated', billed: true })).toMatchObject({ status: 'Content Moderated' })
    expect(await say({ kind: 'failed-task' })).toMatchObject({ status: 'Error' })
    // Only what is ready is charged.
    expect(emulator.bill().calls).toBe(0)
    const expired = await say({ kind: 'expired-result' })
    expect([expired.status, (await fetched(at(expired, 'result', 'sample'))).status]).toEqual(['Ready', 404])
  })

  it('is late on order, and fails on the wire in its own words', async () => {
    const { submit, poll, emulator } = await world()
    emulator.faults.add({ fault: { kind: 'late-success', polls: 3 } })
    const { json } = await submit('flux-dev', { prompt: 'x' })
    const seen: unknown[] = []
    for (let count = 0; count < 4; count++) seen.push((await poll(json.polling_url)).json.status)
    expect(seen).toEqual(['Pending', 'Pending', 'Pending', 'Ready'])
    emulator.faults.add({ match: { operation: 'bfl.poll' }, fault: { kind: 'status', status: 429 } })
    expect(await poll(json.polling_url)).toMatchObject({ status: 429, json: { detail: expect.stringContaining('24') } })
  })
})

describe.skipIf(wire === undefined)('BFL: the outside specification (TURNOUT_WIRE names its folder)', () => {
  interface Spec {
    paths: Record<string, { post?: { requestBody: { content: Record<string, { schema: { $ref: string } }> } } }>
    components: {
      schemas: Record<string, JsonObject & { required?: string[]; properties?: Record<string, JsonObject> }>
    }
  }
  const load = (): Spec => JSON.parse(readFileSync(join(wire ?? '', 'bfl/openapi.2026-05-01.json'), 'utf8')) as Spec

  it('knows its models and their fields, and answers by its schemas', async () => {
    const { submit, poll } = await world({ pendingPolls: 1 })
    const { paths, components } = load()
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'spec', components })
    const valid = (name: string, value: unknown) => ajv.validate({ $ref: `spec#/components/schemas/${name}` }, value)
    const image = (await plainPicture(64)).toString('base64')
    const models = Object.keys(paths).filter((path) => /flux/.test(path))
    for (const path of models) {
      const name = paths[path]?.post?.requestBody.content['application/json']?.schema.$ref.split('/').at(-1) ?? ''
      const { required = [], properties = {} } = components.schemas[name] ?? {}
      const body = Object.fromEntries(required.map((field) => [field, field === 'image' ? image : 'x']))
      const { status, json } = await submit(path.slice('/v1/'.length), body)
      expect([path, status, valid('AsyncResponse', json)]).toEqual([path, 200, true])
      expect(valid('ResultResponse', (await poll(json.polling_url)).json)).toBe(true)
      expect(valid('ResultResponse', (await poll(json.polling_url)).json)).toBe(true)
      // Every field of the specification is known: a wrong type is named, never called unknown.
      for (const field of Object.keys(properties)) {
        const refused = await submit(path.slice('/v1/'.length), { ...body, [field]: { not: 'a scalar' } })
        expect([path, field, refused.status, valid('HTTPValidationError', refused.json)]).toEqual([
          path,
          field,
          422,
          true,
        ])
        expect([path, field, at(refused.json, 'detail', 0, 'type')]).not.toEqual([path, field, 'extra_forbidden'])
      }
    }
    expect(models).toHaveLength(16)
  })
})
