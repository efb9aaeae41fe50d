import { describe, expect, test } from 'vitest'
import type { VideoCall } from '../../core/media.ts'
import { videoRequest } from './video-request.ts'

const FRAME = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }
const LINK = { url: 'https://host/last.png' }
const request = (more: Partial<VideoCall>) =>
  videoRequest({ model: 'flux-3-video', prompt: 'a fox runs', ...more }, 'bfl')

describe('modes', () => {
  test.each<[string, Partial<VideoCall>, Record<string, unknown>]>([
    ['text', {}, { mode: 't2v' }],
    ['a first frame', { pictures: [FRAME] }, { mode: 'i2v', keyframes: FRAME.base64 }],
    ['both ends', { pictures: [FRAME], lastFrame: LINK }, { mode: 'i2v', keyframes: [FRAME.base64, LINK.url] }],
    ['a video', { inputs: { start_video: LINK.url } }, { mode: 'v2v', start_video: LINK.url }],
    [
      'a mode by name',
      { inputs: { mode: 'i2v', keyframes: [[0, LINK.url]] } },
      { mode: 'i2v', keyframes: [[0, LINK.url]] },
    ],
  ])('%s', (_, more, body) => {
    expect(request(more)).toEqual({ endpoint: 'flux-3-video', body: { prompt: 'a fox runs', ...body }, warnings: [] })
  })

  test('a draft is finished with nothing else, because its schema is strict', () => {
    const { body, warnings } = request({
      seconds: 10,
      defaults: { version: 'latest' },
      inputs: { draft_cache: 'Zm94' },
    })
    expect(body).toEqual({ mode: 'draft_enhance', draft_cache: 'Zm94' })
    expect(warnings).toHaveLength(1)
  })
})

describe('settings', () => {
  test('those that it has', () => {
    const { body, warnings } = request({
      aspectRatio: '9:16',
      resolution: '1080p',
      seconds: 8,
      audio: false,
      framesPerSecond: 24,
    })
    expect(body).toEqual({
      mode: 't2v',
      prompt: 'a fox runs',
      aspect_ratio: '9:16',
      resolution: 'fhd',
      duration: 8,
      generate_audio: false,
    })
    expect(warnings).toEqual([])
  })

  test('a size becomes a shape and a resolution', () => {
    const { body, warnings } = request({ size: { width: 1080, height: 1920 } })
    expect(body).toMatchObject({ aspect_ratio: '9:16', resolution: 'fhd' })
    expect(warnings).toHaveLength(1)
    expect(request({ size: { width: 1280, height: 720 } }).body).toMatchObject({
      aspect_ratio: '16:9',
      resolution: 'hd',
    })
  })

  test.each([
    [2, 5],
    [7.4, 7],
    [60, 20],
  ])('%d seconds become %d, and that is told', (seconds, duration) => {
    const made = request({ seconds })
    expect([made.body.duration, made.warnings.length]).toEqual([duration, 1])
  })

  test('those that it does not have are told', () => {
    const { body, warnings } = request({ seed: 1, negativePrompt: 'rain', framesPerSecond: 60, resolution: '4k' })
    expect(body).toEqual({ mode: 't2v', prompt: 'a fox runs' })
    expect(warnings).toHaveLength(4)
  })

  test.each<[string, Partial<VideoCall>, string]>([
    ['more frames than it takes', { pictures: Array(10).fill(FRAME), lastFrame: FRAME }, 'pictures'],
    ['a last frame alone', { lastFrame: FRAME }, 'lastFrame'],
  ])('%s are refused', (_, more, param) => {
    expect(() => request(more)).toThrow(expect.objectContaining({ code: 'invalid_input', param }))
  })
})
