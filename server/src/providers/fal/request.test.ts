import { describe, expect, test } from 'vitest'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { imageRequest } from './image-request.ts'
import { videoRequest } from './video-request.ts'

const PICTURE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }
const DATA = 'data:image/png;base64,iVBORw0KGgo='
const LINK = { url: 'https://host.example/a.png' }

const image = (more: Partial<ImageCall> = {}) =>
  imageRequest({ model: 'fal-ai/flux/dev', prompt: 'a fox', count: 1, ...more }, 'fal')
const video = (more: Partial<VideoCall> = {}) =>
  videoRequest({ model: 'fal-ai/veo3.1', prompt: 'a fox runs', ...more }, 'fal')

describe('shapes', () => {
  test.each<[string, Partial<ImageCall>, unknown, number]>([
    ['fal-ai/flux/dev', { size: { width: 800, height: 608 } }, { image_size: { width: 800, height: 608 } }, 0],
    ['fal-ai/flux/dev', { aspectRatio: '9:16' }, { image_size: 'portrait_16_9' }, 0],
    ['fal-ai/flux/dev', { aspectRatio: '3:2' }, { image_size: { width: 1248, height: 832 } }, 1],
    ['fal-ai/flux/dev', { aspectRatio: 'auto' }, {}, 1],
    ['fal-ai/flux-pro/v1.1-ultra', { aspectRatio: '9:21' }, { aspect_ratio: '9:21' }, 0],
    ['fal-ai/flux-pro/v1.1-ultra', { size: { width: 1920, height: 1080 } }, { aspect_ratio: '16:9' }, 1],
    ['fal-ai/gpt-image-1.5', { size: { width: 1536, height: 1024 } }, { image_size: '1536x1024' }, 0],
    ['fal-ai/gpt-image-1.5', { aspectRatio: '9:16' }, { image_size: '1024x1536' }, 1],
    ['fal-ai/flux/dev/image-to-image', { size: { width: 800, height: 600 } }, {}, 1],
    ['somebody/new-model', { size: { width: 800, height: 600 } }, { image_size: { width: 800, height: 600 } }, 0],
  ])('%s %o', (model, more, fields, told) => {
    const { body, warnings } = image({ model, ...more })
    expect(body).toEqual({ prompt: 'a fox', ...(fields as object) })
    expect(warnings).toHaveLength(told)
  })
})

describe('pictures', () => {
  test.each<[string, Partial<ImageCall>, unknown]>([
    ['fal-ai/flux-pro/kontext', { pictures: [PICTURE] }, { image_url: DATA }],
    ['fal-ai/flux-2-pro/edit', { pictures: [PICTURE, LINK] }, { image_urls: [DATA, LINK.url] }],
    ['fal-ai/flux/dev/image-to-image', { pictures: [LINK], strength: 0.4 }, { image_url: LINK.url, strength: 0.4 }],
    ['fal-ai/flux-lora/inpainting', { pictures: [LINK], mask: PICTURE }, { image_url: LINK.url, mask_url: DATA }],
    ['somebody/new-model', { pictures: [LINK], mask: PICTURE }, { image_url: LINK.url, mask_url: DATA }],
  ])('%s', (model, more, fields) => {
    expect(image({ model, ...more })).toEqual({ body: { prompt: 'a fox', ...(fields as object) }, warnings: [] })
  })

  test.each<[string, ImageCall['pictures'], string]>([
    ['fal-ai/flux-pro/kontext', [PICTURE, LINK], 'invalid_input'],
    ['fal-ai/flux/schnell', [PICTURE], 'capability_missing'],
  ])('%s is not given what it would pass over', (model, pictures, code) => {
    expect(() => image({ model, pictures })).toThrow(expect.objectContaining({ code, param: 'pictures' }))
  })
})

describe('face swaps', () => {
  test.each<[string, unknown]>([
    [
      'easel-ai/advanced-face-swap',
      { face_image_0: { url: DATA }, target_image: { url: LINK.url }, gender_0: 'female' },
    ],
    [
      'half-moon-ai/ai-face-swap/faceswapimage',
      { source_face_url: DATA, target_image_url: LINK.url, gender_0: 'female' },
    ],
    ['fal-ai/face-swap', { swap_image_url: DATA, base_image_url: LINK.url, gender_0: 'female' }],
  ])('%s takes the face first', (model, body) => {
    const made = image({ model, prompt: '', pictures: [PICTURE, LINK], inputs: { gender_0: 'female' } })
    expect(made).toEqual({ body, warnings: [] })
  })

  test('fields in their own words win; a prompt and a third picture are not passed over', () => {
    const model = 'half-moon-ai/ai-face-swap/faceswapimage'
    const { body, warnings } = image({ model, inputs: { source_face_url: 'a', target_image_url: 'b' }, seed: 1 })
    expect([body, warnings.length]).toEqual([{ source_face_url: 'a', target_image_url: 'b' }, 2])
    expect(() => image({ model, pictures: [LINK, LINK, LINK] })).toThrow('at most 2 pictures')
  })
})

describe('LoRAs', () => {
  const model = 'fal-ai/flux-lora'
  const loras = [{ path: 'https://weights.example/a', scale: 0.8 }]

  test.each<[Partial<ImageCall>, unknown]>([
    [{ loras }, { loras }],
    [{ inputs: { lora_url: loras[0]!.path, lora_scale: 0.8 } }, { loras }],
    [{ inputs: { lora_url: 'b' }, loras }, { loras: [{ path: 'b' }] }],
    [{ defaults: { lora_url: 'b' } }, { loras: [{ path: 'b' }] }],
    [
      { model: 'fal-ai/lcm', inputs: { lora_url: 'b', lora_scale: 1 } },
      { lora_url: 'b', lora_scale: 1 },
    ],
  ])('%o', (more, fields) => {
    expect(image({ model, ...more }).body).toEqual({ prompt: 'a fox', ...(fields as object) })
  })

  test('are told of where the endpoint has none', () => {
    const { body, warnings } = image({ loras })
    expect(body).not.toHaveProperty('loras')
    expect(warnings).toEqual([expect.stringContaining('LoRAs')])
  })
})

describe('the call is laid over the defaults, and the fields in fal’s words over both', () => {
  test('an image', () => {
    const { body } = image({
      defaults: { num_inference_steps: 8, num_images: 4, acceleration: 'high', output_format: 'png' },
      inputs: { acceleration: 'none', guidance_scale: 9 },
      guidanceScale: 3,
      steps: 20,
      seed: 7,
    })
    expect(body).toEqual({
      prompt: 'a fox',
      num_inference_steps: 20,
      num_images: 1,
      acceleration: 'none',
      output_format: 'png',
      guidance_scale: 9,
      seed: 7,
    })
  })

  test('several pictures, and the format', () => {
    expect(image({ count: 3, outputFormat: 'png' })).toEqual({
      body: { prompt: 'a fox', num_images: 3, output_format: 'png' },
      warnings: [],
    })
    expect(image({ model: 'fal-ai/fast-sdxl', outputFormat: 'jpeg' }).body).toMatchObject({ format: 'jpeg' })
  })

  test('what is not taken is told', () => {
    const { body, warnings } = image({
      model: 'fal-ai/flux-2-pro',
      count: 2,
      negativePrompt: 'rain',
      outputFormat: 'webp',
    })
    expect(body).toEqual({ prompt: 'a fox' })
    expect(warnings).toHaveLength(3)
  })
})

describe('videos', () => {
  test.each<[string, Partial<VideoCall>, unknown, number | undefined]>([
    [
      'fal-ai/veo3.1',
      { seconds: 8, audio: false, resolution: '720p' },
      { duration: '8s', generate_audio: false, resolution: '720p' },
      8,
    ],
    [
      'fal-ai/kling-video/v1.6/pro/image-to-video',
      { seconds: 5, pictures: [LINK], lastFrame: PICTURE },
      { duration: '5', image_url: LINK.url, tail_image_url: DATA },
      5,
    ],
    [
      'fal-ai/veo3.1/first-last-frame-to-video',
      { pictures: [LINK], lastFrame: PICTURE },
      { first_frame_url: LINK.url, last_frame_url: DATA },
      undefined,
    ],
    ['fal-ai/ltx-2/text-to-video', { seconds: 6, framesPerSecond: 25 }, { duration: 6, fps: 25 }, 6],
    ['fal-ai/wan/v2.2-a14b/text-to-video', { seconds: 5 }, { num_frames: 81 }, 5],
    [
      'fal-ai/wan/v2.2-a14b/text-to-video',
      { seconds: 5, framesPerSecond: 24 },
      { num_frames: 121, frames_per_second: 24 },
      5,
    ],
    ['fal-ai/ltx-2-19b/text-to-video', { aspectRatio: '16:9' }, { video_size: 'landscape_16_9' }, undefined],
    [
      'somebody/new-model',
      { inputs: { duration: '10' }, lastFrame: LINK },
      { duration: '10', end_image_url: LINK.url },
      10,
    ],
    [
      'half-moon-ai/ai-face-swap/faceswapvideo',
      { pictures: [LINK], inputs: { target_video_url: 'v' } },
      { source_face_url: LINK.url, target_video_url: 'v' },
      undefined,
    ],
  ])('%s %o', (model, more, fields, seconds) => {
    const made = video({ model, ...more })
    expect(made).toEqual({ body: { prompt: 'a fox runs', ...(fields as object) }, warnings: [], seconds })
  })

  test('what is changed or left out is told', () => {
    const { body, warnings } = video({ seconds: 7.6, size: { width: 1280, height: 720 }, lastFrame: LINK })
    expect(body).toEqual({ prompt: 'a fox runs', duration: '8s', aspect_ratio: '16:9' })
    expect(warnings).toHaveLength(3)
  })
})
