import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { at, expectLeakSeen, fetched, formOf, plainPicture, send } from '../media/testing.ts'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'
import { wire } from '../testing-wire.ts'
import type { JsonObject } from '../types.ts'
import { MODELS, RATIOS, SIZES, SIZES_V4, SIZES_V4_PRO, SUBSTYLES } from './enums.ts'

const KEY = { authorization: 'Bearer recraft-test' }

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('recraft')
  const make = (path: string, body: JsonObject | FormData) => send(`${base}/v1/images/${path}`, KEY, body)
  return { emulator, base, make }
}

describe('Recraft: pictures', () => {
  it('answers with URLs and units, or with base64', async () => {
    const { make, emulator } = await world()
    const body = { prompt: 'A fox', model: 'recraftv4_1', size: '768x1344', n: 2, random_seed: 4_294_967_295 }
    const { json } = await make('generations', body)
    expect(json).toMatchObject({
      credits: 70,
      created: expect.any(Number),
      data: [{ image_id: expect.any(String) }, {}],
    })
    const url = at(json, 'data', 1, 'url')
    expect(await fetched(url)).toEqual({ status: 200, type: 'image/webp', size: '768x1344' })
    const plain = await make('generations', {
      prompt: 'A fox',
      response_format: 'b64_json',
      image_format: 'png',
      size: '1:1',
    })
    const data = Buffer.from(String(at(plain.json, 'data', 0, 'b64_json')), 'base64')
    expect([plain.json.credits, probePicture(data)?.mimeType]).toEqual([40, 'image/png'])
    expect(emulator.bill().models.recraftv4_1).toMatchObject({ calls: 1, images: 2 })
    await expectLeakSeen(emulator, url, KEY)
  })

  it('draws vectors as SVG', async () => {
    const { make } = await world()
    const { json } = await make('generations', { prompt: 'A fox', model: 'recraftv4_vector' })
    expect(json.credits).toBe(80)
    expect((await fetched(at(json, 'data', 0, 'url'))).type).toBe('image/svg+xml')
    const styled = await make('generations', { prompt: 'x', model: 'recraftv3', style: 'vector_illustration' })
    expect((await fetched(at(styled.json, 'data', 0, 'url'))).type).toBe('image/svg+xml')
  })

  it('starts from pictures, in forms and in JSON', async () => {
    const { make } = await world()
    const image = await plainPicture(128, 64)
    const form = formOf({ prompt: 'A hat', strength: '0.4', n: '2', controls: '{"no_text":true}' }, { image })
    const { json } = await make('imageToImage', form)
    expect([json.credits, await fetched(at(json, 'data', 1, 'url'))]).toMatchObject([80, { size: '128x64' }])
    const dataUrl = `data:image/png;base64,${image.toString('base64')}`
    const inpainted = await make('inpaint', { prompt: 'A hat', image_url: dataUrl, mask_url: dataUrl })
    expect((await fetched(at(inpainted.json, 'data', 0, 'url'))).size).toBe('128x64')
    const vector = await make('vectorize', formOf({}, { image }))
    expect([vector.json.credits, (await fetched(at(vector.json, 'image', 'url'))).type]).toEqual([10, 'image/svg+xml'])
  })

  it('lists its models and the units that are left', async () => {
    const { base } = await world()
    const { json } = await send(`${base}/v1/models`, KEY)
    expect(json.data).toContainEqual(expect.objectContaining({ id: 'recraftv3', pricing: { image: '0.04' } }))
    expect((await send(`${base}/v1/users/me`, KEY)).json.credits).toBeGreaterThan(0)
  })
})

describe('Recraft: refusals', () => {
  const cases: [string, JsonObject, string][] = [
    ['no prompt', {}, 'prompt'],
    ['a long prompt for version 3', { prompt: 'x'.repeat(1_001), model: 'recraftv3' }, 'prompt'],
    ['an unknown model', { prompt: 'x', model: 'recraftv9' }, 'model'],
    ['an unknown field', { prompt: 'x', quality: 'hd' }, 'quality'],
    ['too many', { prompt: 'x', n: 7 }, 'n'],
    ['a size of another version', { prompt: 'x', model: 'recraftv4', size: '1820x1024' }, 'size'],
    ['a size that is none', { prompt: 'x', size: '1000x1000' }, 'size'],
    ['an unknown substyle', { prompt: 'x', substyle: 'baroque' }, 'substyle'],
    ['two styles', { prompt: 'x', style: 'any', style_id: '7f2ab6a2-1b1c-4c1e-9d8e-0123456789ab' }, 'style'],
    ['a colour of two', { prompt: 'x', controls: { colors: [{ rgb: [1, 2] }] } }, 'controls.colors[0].rgb'],
    ['too artistic', { prompt: 'x', controls: { artistic_level: 6 } }, 'controls.artistic_level'],
    ['a negative seed', { prompt: 'x', random_seed: -1 }, 'random_seed'],
  ]

  it.each(cases)('%s', async (_name, body, field) => {
    const { make, emulator } = await world()
    const { status, json } = await make('generations', body)
    expect([status, json.code]).toEqual([400, 'invalid_request_parameter'])
    expect(String(json.message)).toContain(field)
    expect(emulator.bill().calls).toBe(0)
  })

  it('forms without what they need', async () => {
    const { make } = await world()
    const image = await plainPicture(64)
    const told = async (path: string, form: FormData) => String((await make(path, form)).json.message)
    expect(await told('imageToImage', formOf({ prompt: 'x' }, { image }))).toContain('strength')
    expect(await told('imageToImage', formOf({ prompt: 'x', strength: '2' }, { image }))).toContain('strength')
    expect(await told('inpaint', formOf({ prompt: 'x' }, { image }))).toContain('mask')
    expect(await told('inpaint', formOf({ prompt: 'x' }, { image, mask: await plainPicture(32) }))).toContain('mask')
  })

  it('speaks plain text at the gate', async () => {
    const { base } = await world({ credentials: ['recraft-test'] })
    const refused = await send(`${base}/v1/users/me`, { authorization: 'Bearer other' })
    expect([refused.status, refused.headers.get('content-type'), refused.bytes.toString()]).toEqual([
      401,
      'text/plain',
      'request unauthorized',
    ])
    expect((await send(`${base}/v1/nothing`, KEY)).bytes.toString()).toBe('404 page not found')
  })
})

describe('Recraft: faults', () => {
  it('moderates, expires, and fails in its own words', async () => {
    const { make, emulator } = await world()
    const ordered = (fault: Parameters<typeof emulator.faults.add>[0]['fault']) => {
      emulator.faults.add({ match: { operation: 'recraft.generations' }, fault })
      return make('generations', { prompt: 'x' })
    }
    expect(await ordered({ kind: 'moderated' })).toMatchObject({ status: 400, json: { code: 'prompt_moderated' } })
    expect(emulator.bill().calls).toBe(0)
    const expired = await ordered({ kind: 'expired-result' })
    expect((await fetched(at(expired.json, 'data', 0, 'url'))).status).toBe(404)
    expect((await ordered({ kind: 'status', status: 402 })).json.code).toBe('not_enough_credits')
  })
})

describe.skipIf(wire === undefined)('Recraft: the outside specification (TURNOUT_WIRE names its folder)', () => {
  const load = () =>
    JSON.parse(readFileSync(join(wire ?? '', 'recraft/openapi.2026-08-22.yaml'), 'utf8')) as {
      components: { schemas: Record<string, { enum?: string[]; properties?: JsonObject }> }
    }

  it('has its enumerations, knows its fields, and answers by its schemas', async () => {
    const { components } = load()
    const { schemas } = components
    const sizes = [...new Set([...SIZES, ...SIZES_V4, ...SIZES_V4_PRO, ...RATIOS])]
    expect(sizes).toEqual([...new Set(schemas.ImageSize?.enum)])
    expect(SUBSTYLES).toEqual(schemas.ImageSubStyle?.enum)
    expect(MODELS.filter((id) => !id.endsWith('_flash'))).toEqual(
      schemas.TransformModel?.enum?.filter((id) => !id.endsWith('_flash')),
    )
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'spec', components })
    const valid = (name: string, value: unknown) => ajv.validate({ $ref: `spec#/components/schemas/${name}` }, value)
    const { make, base } = await world()
    expect(valid('GenerateImageResponse', (await make('generations', { prompt: 'x' })).json)).toBe(true)
    const form = formOf({}, { image: await plainPicture(64) })
    expect(valid('ProcessImageResponse', (await make('removeBackground', form)).json)).toBe(true)
    expect(valid('ListModelsResponse', (await send(`${base}/v1/models`, KEY)).json)).toBe(true)
    expect(valid('User', (await send(`${base}/v1/users/me`, KEY)).json)).toBe(true)
    for (const field of Object.keys(schemas.GenerateImageRequestBase?.properties ?? {})) {
      const { json } = await make('generations', { prompt: 'x', [field]: [[]] })
      expect([field, json.message]).not.toEqual([field, `${field}: unknown field.`])
    }
  })
})
