import type { ModelPatch } from '@turnout/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelOf } from '../inputs/testing/models.ts'
import { fitVideo } from './fit.ts'
import type { VideoRequest } from './request.ts'

const properties = (named: Record<string, object>): Partial<ModelPatch> => ({
  inputs: { type: 'object', properties: named },
})

const fit = (record: Partial<ModelPatch>, request: Partial<VideoRequest>, names = {}) =>
  fitVideo(modelOf({ output: ['video'], ...record }), { prompt: 'a fox', count: 1, ...request }, names)

describe('a setting is mapped to the nearest that the model has', () => {
  it.each<[string, Partial<ModelPatch>, Partial<VideoRequest>, object]>([
    [
      'listed seconds as text',
      properties({ duration: { enum: ['4s', '6s', '8s'] } }),
      { seconds: 5.5 },
      { seconds: 6 },
    ],
    ['listed seconds', properties({ duration: { enum: [5, 10] } }), { seconds: 30 }, { seconds: 10 }],
    [
      'seconds in a range',
      properties({ seconds: { type: 'number', minimum: 3, maximum: 12 } }),
      { seconds: 1 },
      { seconds: 3 },
    ],
    [
      'whole seconds',
      properties({ duration: { type: 'integer', minimum: 2, maximum: 9 } }),
      { seconds: 4.4 },
      { seconds: 4 },
    ],
    ['seconds by the limits', { limits: { minSeconds: 5, maxSeconds: 20 } }, { seconds: 99 }, { seconds: 20 }],
    [
      'the stricter of both',
      { limits: { maxSeconds: 6 }, ...properties({ duration: { maximum: 12 } }) },
      { seconds: 9 },
      { seconds: 6 },
    ],
    ['frame rates', properties({ fps: { enum: [24, 30] } }), { framesPerSecond: 25 }, { framesPerSecond: 24 }],
    [
      'resolutions',
      properties({ resolution: { enum: ['720p', '1080p', '4k'] } }),
      { resolution: '2160p' },
      { resolution: '4k' },
    ],
    [
      'resolutions by word',
      properties({ resolution: { enum: ['hd', 'fhd'] } }),
      { resolution: '1080p' },
      { resolution: 'fhd' },
    ],
    ['aspect ratios', { limits: { aspectRatios: ['16:9', '9:16'] } }, { aspectRatio: '4:3' }, { aspectRatio: '16:9' }],
    [
      'sizes',
      { limits: { sizes: ['1280x720', '720x1280'] } },
      { width: 1920, height: 1080 },
      { size: { width: 1280, height: 720 } },
    ],
  ])('%s', (_, record, request, sent) => {
    const { settings, mapped } = fit(record, request)
    expect(settings).toMatchObject(sent)
    expect(mapped.length).toBeGreaterThan(0)
    for (const { reason } of mapped) expect(reason).toMatch(/^the (model|nearest)/)
  })

  it('and what it has is left as it is', () => {
    const record = properties({ duration: { enum: ['5', '10'] }, resolution: { enum: ['720p'] } })
    expect(fit(record, { seconds: 10, resolution: '720p', aspectRatio: undefined }).mapped).toEqual([])
  })

  it('a size tells how fine a video is where the model takes ratios and resolutions', () => {
    const record = {
      limits: { aspectRatios: ['16:9', '9:16'] },
      ...properties({ resolution: { enum: ['480p', '1080p'] } }),
    }
    expect(fit(record, { width: 1920, height: 1080 }).settings).toMatchObject({
      aspectRatio: '16:9',
      resolution: '1080p',
      size: undefined,
    })
    expect(fit(record, { width: 640, height: 360 }).settings).toMatchObject({ resolution: '480p' })
  })

  it('whatever is asked for, the duration is one that the model has', () => {
    const enumerated = properties({ duration: { enum: ['4s', '6s', '8s'] } })
    const ranged = { limits: { minSeconds: 2, maxSeconds: 15 }, ...properties({ duration: { type: 'integer' } }) }
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 600, noNaN: true }), (seconds) => {
        expect([4, 6, 8]).toContain(fit(enumerated, { seconds }).settings.seconds)
        const used = fit(ranged, { seconds }).settings.seconds!
        expect(Number.isInteger(used) && used >= 2 && used <= 15).toBe(true)
      }),
    )
  })
})

describe('what a model has no notion of is refused by its name in the request', () => {
  it.each<[Partial<ModelPatch>, Partial<VideoRequest>, string, string]>([
    [{ capabilities: { seed: false } }, { seed: 1 }, 'capability_missing', 'seed'],
    [{ capabilities: { negativePrompt: false } }, { negativePrompt: 'rain' }, 'capability_missing', 'negativePrompt'],
    [{ capabilities: { imageInput: false } }, { pictures: [{ url: 'a' }] }, 'capability_missing', 'pictures'],
    [{ capabilities: { imageInput: false } }, { lastFrame: { url: 'a' } }, 'capability_missing', 'lastFrame'],
    [{ transform: { settings: { prompt: 'prompt' } } }, { lastFrame: { url: 'a' } }, 'capability_missing', 'lastFrame'],
    [{ transform: { settings: { prompt: 'prompt' } } }, { audio: true }, 'capability_missing', 'audio'],
    [{ output: ['image'] }, {}, 'capability_missing', 'model'],
    [{ limits: { inputImages: 1 } }, { pictures: [{ url: 'a' }, { url: 'b' }] }, 'invalid_input', 'pictures'],
    [{ limits: { promptCharacters: 3 } }, {}, 'invalid_input', 'prompt'],
    [properties({ resolution: { enum: ['720p'] } }), { resolution: 'huge' }, 'invalid_input', 'resolution'],
    [{}, { aspectRatio: '16:9', width: 10 }, 'invalid_input', 'aspectRatio'],
    [properties({ tempo: { type: 'number' } }), { inputs: { tempo: 'fast' } }, 'invalid_input', 'inputs.tempo'],
  ])('%j with %j', (record, request, code, param) => {
    expect(() => fit(record, request)).toThrow(expect.objectContaining({ code, param }))
    if (param !== 'model' && !param.includes('.')) {
      expect(() => fit(record, request, { [param]: `options.${param}` })).toThrow(
        expect.objectContaining({ param: `options.${param}` }),
      )
    }
  })
})

it('constants of the record are always sent, over what the request says', () => {
  const record = { transform: { constants: { mode: 'fine' } } }
  expect(fit(record, { inputs: { mode: 'coarse', tempo: 1 } }).settings.inputs).toEqual({ mode: 'fine', tempo: 1 })
})
