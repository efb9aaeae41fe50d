import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emulated } from '../testing.ts'
import type { JsonObject } from '../types.ts'

const URL_OF_PICTURE = 'https://a.b/c.png'

/** For each operation a body with most of its fields, which the mutations start from. */
const BODIES: [provider: string, path: string, body: JsonObject][] = [
  ['bfl', '/v1/flux-2-flex', { prompt: 'x', input_image: URL_OF_PICTURE, width: 64, height: 64, seed: 1, steps: 5 }],
  ['bfl', '/v1/flux-pro-1.0-expand', { image: URL_OF_PICTURE, top: 1, left: 2, guidance: 3 }],
  ['bfl', '/v1/flux-3-image', { prompt: 'x', images: [URL_OF_PICTURE], aspect_ratio: '1:1', resolution: '1k' }],
  ['bfl', '/v1/flux-3-video', { mode: 'i2v', prompt: 'x', keyframes: [{ image: 'x' }], duration: 5 }],
  [
    'recraft',
    '/v1/images/generations',
    {
      prompt: 'x',
      model: 'recraftv3',
      size: '1:1',
      style: 'any',
      controls: { colors: [{ rgb: [1, 2, 3] }] },
      text_layout: [{ text: 'x', bbox: [[0, 0]] }],
    },
  ],
  ['recraft', '/v1/images/inpaint', { prompt: 'x', image_url: URL_OF_PICTURE, mask_url: URL_OF_PICTURE, n: 1 }],
  [
    'fal',
    '/fal-ai/flux-lora',
    { prompt: 'x', loras: [{ path: 'x', scale: 1 }], image_size: { width: 64, height: 64 } },
  ],
  ['fal', '/run/fal-ai/flux-2/edit', { prompt: 'x', image_urls: [URL_OF_PICTURE], num_images: 1 }],
  [
    'fal',
    '/run/easel-ai/advanced-face-swap',
    { face_image_0: { url: URL_OF_PICTURE }, target_image: { url: URL_OF_PICTURE } },
  ],
  ['fal', '/run/some/video', { prompt: 'x', duration: '5s', num_frames: 81, aspect_ratio: '16:9', seed: 1 }],
  ['huggingface', '/hf-inference/models/black-forest-labs/FLUX.1-schnell', { inputs: 'x', parameters: { width: 64 } }],
  [
    'huggingface',
    '/nscale/v1/images/generations',
    { prompt: 'x', model: 'black-forest-labs/FLUX.1-schnell', size: '64x64', n: 1, response_format: 'url' },
  ],
  [
    'huggingface',
    '/v1/chat/completions',
    { model: 'openai/gpt-oss-120b:groq', messages: [{ role: 'user', content: 'x' }] },
  ],
  [
    'dashscope',
    '/api/v1/services/aigc/multimodal-generation/generation',
    {
      model: 'qwen-image-2.0',
      input: { messages: [{ role: 'user', content: [{ image: URL_OF_PICTURE }, { text: 'x' }] }] },
      parameters: { size: '512*512', n: 1 },
    },
  ],
  [
    'dashscope',
    '/api/v1/services/aigc/video-generation/video-synthesis',
    {
      model: 'wan2.6-i2v',
      input: { prompt: 'x', img_url: URL_OF_PICTURE, media: [{ type: 'x', url: 'x' }] },
      parameters: { duration: 5 },
    },
  ],
  [
    'dashscope',
    '/compatible-mode/v1/chat/completions',
    { model: 'qwen-plus', enable_thinking: true, messages: [{ role: 'user', content: 'x' }] },
  ],
  [
    'hunyuan',
    '/v1/api/image/lite',
    { model: 'hy-image-lite', prompt: 'x', resolution: '512:512', rsp_img_type: 'url' },
  ],
]

/** All places of a body, as paths. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as JsonObject
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

/** What does not belong where it stands. */
const strange = fc.oneof(
  fc.constantFrom(
    null,
    '',
    'x',
    0,
    -1,
    1.5,
    true,
    [],
    {},
    [[]],
    [{}],
    [null],
    'constructor',
    '0:0',
    '0*0',
    'data:image/png;base64,AAAA',
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

const HEADERS = { authorization: 'Bearer x', 'x-key': 'x', 'content-type': 'application/json' }

describe('a media request with anything in any place', () => {
  it.each(BODIES)(
    '%s %s is answered or refused, never with a failure of the emulator',
    async (provider, path, body) => {
      const { emulator } = await emulated()
      const own = provider === 'fal' ? { authorization: 'Key x' } : {}
      const call = path.includes('video-synthesis') ? { 'x-dashscope-async': 'enable' } : {}
      const all = places(body).filter((place) => place.length > 0)
      const mutation = fc.tuple(fc.constantFrom(...all), strange)
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 2 }), async (mutations) => {
          const hostile = mutations.reduce((value, [place, by]) => replaced(value, place, by) as JsonObject, body)
          const response = await fetch(`${emulator.baseUrl(provider)}${path}`, {
            method: 'POST',
            headers: { ...HEADERS, ...own, ...call },
            body: JSON.stringify(hostile),
          })
          await response.arrayBuffer()
          expect(response.status).toBeLessThan(500)
        }),
        { numRuns: 40 },
      )
    },
  )
})
