import type { Transform } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { fal } from '../fal.ts'
import { connectTo } from '../testing/connection.ts'

const ACCEPTED = {
  body: {
    request_id: 'r1',
    status_url: 'https://provider.example/r1/status',
    response_url: 'https://provider.example/r1',
    status: 'IN_QUEUE',
  },
}

async function image(more: Partial<ImageCall>) {
  const connection = connectTo([ACCEPTED])
  const outcome = await fal.image!.start({ model: 'studio/painter', prompt: 'a fox', count: 1, ...more }, connection)
  return { body: connection.lastJson(), url: connection.sent[0]!.url, outcome }
}

async function video(more: Partial<VideoCall>) {
  const connection = connectTo([ACCEPTED])
  const outcome = await fal.video!.start({ model: 'studio/film', prompt: 'a fox', ...more }, connection)
  return { body: connection.lastJson(), outcome }
}

describe('a record that says what its endpoint calls the settings', () => {
  test.each<[Transform['settings'], Partial<ImageCall>, object]>([
    [{ prompt: 'text' }, {}, { text: 'a fox' }],
    [{ size: { field: 'size', form: 'text' } }, { size: { width: 8, height: 6 } }, { size: '8x6' }],
    [
      { size: { field: 'image_size', form: 'object' } },
      { size: { width: 8, height: 6 } },
      { image_size: { width: 8, height: 6 } },
    ],
    [{ size: { width: 'w', height: 'h' } }, { size: { width: 8, height: 6 } }, { w: 8, h: 6 }],
    [{ count: 'num_outputs' }, { count: 3 }, { num_outputs: 3 }],
    [{ pictures: { list: 'refs' } }, { pictures: [{ url: 'https://a.example' }] }, { refs: ['https://a.example'] }],
    [
      { pictures: { fields: ['face.url', 'target.url'] } },
      { pictures: [{ url: 'https://a.example' }, { base64: 'AA', mediaType: 'image/png' }] },
      { face: { url: 'https://a.example' }, target: { url: 'data:image/png;base64,AA' } },
    ],
    [{ mask: 'area' }, { mask: { url: 'https://m.example' } }, { area: 'https://m.example' }],
    [{ loras: 'loras' }, { loras: [{ path: 'p', scale: 0.5 }] }, { loras: [{ path: 'p', scale: 0.5 }] }],
  ])('%j', async (settings, call, body) => {
    const made = await image({ ...call, transform: { settings } })
    expect(made.body).toEqual(body)
  })

  test('tells what it has no place for, and lets inputs win over defaults', async () => {
    const { body, outcome } = await image({
      transform: { settings: { prompt: 'prompt' } },
      seed: 5,
      defaults: { grain: 1, tone: 'warm' },
      inputs: { grain: 2 },
    })
    expect(body).toEqual({ prompt: 'a fox', grain: 2, tone: 'warm' })
    expect(outcome).toMatchObject({ warnings: [expect.stringContaining('seed')] })
  })

  test.each<[NonNullable<Transform['settings']>['seconds'], unknown]>([
    [{ field: 'duration', form: 'number' }, { duration: 6 }],
    [{ field: 'duration', form: 'text' }, { duration: '6' }],
    [{ field: 'duration', form: 'suffixed' }, { duration: '6s' }],
    [{ field: 'num_frames', form: 'frames', framesPerSecond: 16 }, { num_frames: 97 }],
  ])('writes six seconds by %j', async (seconds, fields) => {
    const { body } = await video({ seconds: 6, transform: { settings: { seconds } } })
    expect(body).toEqual(fields)
  })
})

test('the endpoint that a record has chosen is called, by its own rules', async () => {
  const { url, body } = await image({
    model: 'fal-ai/flux-lora',
    endpoint: 'fal-ai/flux-lora/image-to-image',
    pictures: [{ url: 'https://a.example' }],
    strength: 0.5,
  })
  expect(url).toMatch(/\/fal-ai\/flux-lora\/image-to-image$/)
  expect(body).toEqual({ prompt: 'a fox', image_url: 'https://a.example', strength: 0.5 })
})
