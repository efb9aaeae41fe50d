import { describe, expect, it } from 'vitest'
import { at, formOf, plainPicture, send } from '../media/testing.ts'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'

const KEY = { authorization: 'Bearer sk-test' }
const BYTES = { ...KEY, accept: 'image/*' }
const JSON_ANSWER = { ...KEY, accept: 'application/json' }

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('stability')
  const make = (path: string, fields: Record<string, string>, files = {}, headers: Record<string, string> = BYTES) =>
    send(`${base}/v2beta/stable-image/${path}`, headers, formOf(fields, files))
  return { emulator, base, make }
}

const PROMPT = { prompt: 'A fox in the snow' }

describe('Stability: pictures', () => {
  it('answers with bytes and says the rest in headers, or with base64 in JSON', async () => {
    const { make, emulator } = await world()
    const bytes = await make('generate/core', { ...PROMPT, aspect_ratio: '16:9', output_format: 'webp', seed: '7' })
    expect([bytes.status, bytes.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect([bytes.headers.get('finish-reason'), bytes.headers.get('seed')]).toEqual(['SUCCESS', '7'])
    expect(bytes.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    const { width = 0, height = 1 } = probePicture(bytes.bytes) ?? {}
    expect(width / height).toBeCloseTo(16 / 9, 1)
    const json = await make('generate/sd3', { ...PROMPT, model: 'sd3.5-flash' }, {}, JSON_ANSWER)
    expect(json.headers.get('content-type')).toBe('application/json; type=image/png')
    expect(json.json).toMatchObject({ finish_reason: 'SUCCESS', seed: expect.any(Number) })
    expect(probePicture(Buffer.from(String(json.json.image), 'base64'))?.mimeType).toBe('image/png')
    expect(emulator.bill().models).toMatchObject({
      'stable-image-core': { calls: 1, images: 1 },
      'sd3.5-flash': { calls: 1, images: 1 },
    })
  })

  it('starts from a picture, edits it, and ignores the empty file that some clients send', async () => {
    const { make } = await world()
    const image = await plainPicture(96, 64)
    const start = { ...PROMPT, mode: 'image-to-image', strength: '0.6', none: '' }
    const drawn = await make('generate/sd3', start, { image })
    expect([drawn.status, probePicture(drawn.bytes)]).toMatchObject([200, { width: 96, height: 64 }])
    for (const [path, fields, files] of [
      ['generate/ultra', { ...PROMPT, strength: '1' }, { image }],
      ['edit/inpaint', PROMPT, { image, mask: image }],
      ['edit/search-and-replace', { ...PROMPT, search_prompt: 'sky' }, { image }],
      ['edit/remove-background', { output_format: 'png' }, { image }],
    ] as const) {
      expect((await make(path, fields, files)).status, path).toBe(200)
    }
  })

  it('tells its balance', async () => {
    const { base } = await world()
    expect((await send(`${base}/v1/user/balance`, KEY)).json).toEqual({ credits: expect.any(Number) })
  })
})

describe('Stability: refusals', () => {
  const cases: [string, string, Record<string, string>, string][] = [
    ['no prompt', 'generate/core', {}, 'prompt: is required'],
    ['an empty prompt', 'generate/core', { prompt: '' }, 'prompt: must be at least 1'],
    ['a long prompt', 'generate/core', { prompt: 'x'.repeat(10_001) }, 'prompt: cannot be longer'],
    ['another ratio', 'generate/core', { ...PROMPT, aspect_ratio: '7:3' }, 'aspect_ratio: must be one of'],
    ['too large a seed', 'generate/core', { ...PROMPT, seed: '4294967295' }, 'seed: must be less'],
    ['a seed of letters', 'generate/core', { ...PROMPT, seed: 'x' }, 'seed: must be an integer'],
    ['another style', 'generate/core', { ...PROMPT, style_preset: 'baroque' }, 'style_preset: must be one of'],
    ['an unknown field', 'generate/core', { ...PROMPT, cfg_scale: '3' }, 'cfg_scale: is not an expected field'],
    ['strength alone', 'generate/ultra', { ...PROMPT, strength: '0.5' }, 'strength: is only allowed'],
    ['cfg_scale out of range', 'generate/sd3', { ...PROMPT, cfg_scale: '11' }, 'cfg_scale: must be less'],
    ['another model', 'generate/sd3', { ...PROMPT, model: 'sdxl' }, 'model: must be one of'],
    ['no picture to start from', 'generate/sd3', { ...PROMPT, mode: 'image-to-image' }, 'image: is required'],
    ['an edit without a picture', 'edit/inpaint', PROMPT, 'image: is required'],
  ]

  it.each(cases)('%s', async (_name, path, fields, words) => {
    const { make, emulator } = await world()
    const { status, json } = await make(path, fields)
    expect([status, json.name, json.id]).toEqual([400, 'bad_request', expect.any(String)])
    expect(String(at(json, 'errors', 0))).toContain(words)
    expect(emulator.bill().calls).toBe(0)
  })

  it('fields that contradict each other, and what is no picture', async () => {
    const { make } = await world()
    const image = await plainPicture(64)
    const start = { ...PROMPT, mode: 'image-to-image', strength: '0.5' }
    const told = async (...given: Parameters<typeof make>) => at((await make(...given)).json, 'errors', 0)
    expect(await told('generate/sd3', { ...start, aspect_ratio: '1:1' }, { image })).toContain('aspect_ratio')
    expect(await told('generate/sd3', PROMPT, { image })).toContain('image-to-image')
    expect(await told('generate/ultra', PROMPT, { image })).toContain('strength: is required')
    expect(await told('generate/core', PROMPT, { image })).toContain('image: is not an expected field')
    expect(await told('generate/sd3', start, { image: image.subarray(0, 60) })).toContain('valid image')
    expect(await told('generate/sd3', start, { image: await plainPicture(32) })).toContain('64 pixels')
    expect(await told('generate/core', PROMPT, {}, { ...KEY, accept: 'video/*' })).toContain('accept')
  })

  it('JSON, large bodies, and requests without the right credential', async () => {
    const { base, make } = await world({ credentials: ['sk-test'] })
    const url = `${base}/v2beta/stable-image/generate/core`
    expect((await send(url, KEY, { prompt: 'x' })).json).toMatchObject({
      name: 'bad_request',
      errors: ['content-type: must be multipart/form-data'],
    })
    const large = await make('generate/core', { prompt: 'x', none: 'x'.repeat(10 * 1024 * 1024) })
    expect([large.status, large.json.name]).toEqual([413, 'payload_too_large'])
    for (const authorization of ['', 'Bearer other', 'sk-test']) {
      expect((await make('generate/core', PROMPT, {}, { authorization })).status).toBe(401)
    }
  })
})

describe('Stability: faults', () => {
  it('moderates the prompt with a 403 and the result with a blurred picture in JSON', async () => {
    const { make, emulator } = await world()
    emulator.faults.add({ match: { provider: 'stability' }, fault: { kind: 'moderated' }, times: 2 })
    const refused = await make('generate/core', PROMPT)
    expect([refused.status, refused.json.name]).toEqual([403, 'content_moderation'])
    const filtered = await make('generate/core', PROMPT, {}, JSON_ANSWER)
    expect([filtered.status, filtered.json.finish_reason]).toEqual([200, 'CONTENT_FILTERED'])
    expect(emulator.bill().calls).toBe(0)
  })

  it('has the API’s own errors for a status, and a proxy’s page for the others', async () => {
    const { make, emulator } = await world()
    for (const [status, name] of [
      [402, 'payment_required'],
      [429, 'rate_limit_exceeded'],
      [500, 'internal_error'],
    ] as const) {
      emulator.faults.add({ fault: { kind: 'status', status } })
      expect((await make('generate/core', PROMPT)).json).toMatchObject({ name, errors: [expect.any(String)] })
    }
    emulator.faults.add({ fault: { kind: 'status', status: 502 } })
    expect((await make('generate/core', PROMPT)).headers.get('content-type')).toBe('text/html')
  })
})
