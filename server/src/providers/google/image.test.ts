import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import { google } from '../google.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'

const BYTES = Buffer.from('a picture')
const picture = { inlineData: { mimeType: 'image/jpeg', data: BYTES.toString('base64') } }
const answer = (parts: unknown[], finishReason = 'STOP') => ({
  candidates: [{ content: { parts }, finishReason }],
  usageMetadata: {
    promptTokenCount: 6,
    candidatesTokenCount: 1290,
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
  },
  responseId: 'r1',
})

const call = (overrides: Partial<ImageCall> = {}): ImageCall => ({
  model: 'gemini-3-pro-image',
  prompt: 'a cat',
  count: 1,
  ...overrides,
})

async function make(overrides: Partial<ImageCall>, body: Scripted['body'] = answer([picture]), adapter = google) {
  const connection = connectTo([{ body }], { settings: { project: 'p' } })
  const outcome = await adapter.image!.start(call(overrides), connection)
  if (outcome.status !== 'done') throw new Error('it is not done')
  return { ...outcome, url: connection.sent[0]!.url, sent: connection.lastJson() }
}

describe('Gemini image models', () => {
  test('bytes, usage and id; thoughts and words are no pictures', async () => {
    const parts = [{ ...picture, thought: true }, { text: 'Here it is.' }, picture]
    const { media, usage, warnings, upstreamRequestId } = await make({}, answer(parts))
    expect(media).toEqual([{ bytes: BYTES, mediaType: 'image/jpeg' }])
    expect(usage).toEqual({ inputTokens: 6, outputTokens: 1290, imageOutputTokens: 1290, images: 1 })
    expect({ warnings, upstreamRequestId }).toEqual({ warnings: [], upstreamRequestId: 'r1' })
  })

  test.each([
    [{ width: 1024, height: 1024 }, { aspectRatio: '1:1' }, 0],
    [{ width: 2048, height: 2048 }, { aspectRatio: '1:1', imageSize: '2K' }, 0],
    [{ width: 1920, height: 1080 }, { aspectRatio: '16:9' }, 1],
    [{ width: 3840, height: 2160 }, { aspectRatio: '16:9', imageSize: '2K' }, 1],
    [{ width: 4096, height: 4096 }, { aspectRatio: '1:1', imageSize: '4K' }, 0],
    [{ width: 500, height: 520 }, { aspectRatio: '1:1' }, 1],
  ])('the size %j', async (size, imageConfig, warned) => {
    const { sent, warnings } = await make({ size })
    expect(sent.generationConfig).toEqual({ responseModalities: ['TEXT', 'IMAGE'], imageConfig })
    expect(warnings).toHaveLength(warned)
  })

  test('models with one class of size are asked for no other', async () => {
    const size = { width: 4096, height: 4096 }
    const { sent, warnings } = await make({ model: 'gemini-3.1-flash-lite-image', size })
    expect(sent.generationConfig).toMatchObject({ imageConfig: { aspectRatio: '1:1' } })
    expect(warnings).toEqual(['gemini-3.1-flash-lite-image takes no pixels: 4096x4096 was sent as 1:1 at 1K.'])
  })

  test('the call wins over the defaults, in flat names and in whole', async () => {
    const defaults = { imageConfig: { imageSize: '4K', aspectRatio: '1:1' }, temperature: 0.4, safetySettings: [] }
    const { sent } = await make({ defaults, inputs: { imageSize: '2K' }, aspectRatio: '4:5', seed: 3 })
    expect(sent).toMatchObject({
      safetySettings: [],
      generationConfig: { temperature: 0.4, seed: 3, imageConfig: { imageSize: '2K', aspectRatio: '4:5' } },
    })
  })

  test('pictures go inside, and what is not there is said', async () => {
    const { sent, warnings } = await make({
      pictures: [{ base64: 'AA==', mediaType: 'image/png' }],
      negativePrompt: 'dogs',
      steps: 9,
      loras: [],
      count: 2,
    })
    expect(sent.contents).toEqual([
      { role: 'user', parts: [{ text: 'a cat' }, { inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
    ])
    expect(warnings).toEqual([
      'gemini-3-pro-image does not take negativePrompt; it was left out.',
      'gemini-3-pro-image does not take steps; it was left out.',
      'gemini-3-pro-image makes one picture per call; 2 were asked for.',
    ])
  })

  test.each([
    [answer([{ text: 'I cannot draw that.' }], 'IMAGE_SAFETY'), 'content_policy', 'I cannot draw that.', false],
    [answer([], 'IMAGE_PROHIBITED_CONTENT'), 'content_policy', 'IMAGE_PROHIBITED_CONTENT', false],
    [answer([], 'IMAGE_RECITATION'), 'content_policy', 'IMAGE_RECITATION', false],
    [answer([], 'NO_IMAGE'), 'upstream_error', 'NO_IMAGE', true],
    [answer([], 'IMAGE_OTHER'), 'upstream_error', 'IMAGE_OTHER', true],
    [answer([{ text: 'Which cat?' }]), 'invalid_output', 'Which cat?', false],
    [answer([{ ...picture, thought: true }]), 'invalid_output', 'without a picture', false],
    [{ promptFeedback: { blockReason: 'IMAGE_SAFETY' } }, 'content_policy', 'IMAGE_SAFETY', false],
    [{}, 'invalid_output', 'without a picture', false],
  ])('no picture: %#', async (body, code, message, retryable) => {
    await expect(make({}, body)).rejects.toMatchObject({ code, retryable, upstreamStatus: 200 })
    await expect(make({}, body)).rejects.toThrow(message)
  })
})

describe('Imagen', () => {
  const imagen = { model: 'imagen-4.0-generate-001', count: 2 }
  const made = { mimeType: 'image/jpeg', bytesBase64Encoded: BYTES.toString('base64') }

  test('several at once', async () => {
    const { media, usage, url, sent } = await make(
      { ...imagen, size: { width: 4096, height: 4096 }, inputs: { personGeneration: 'allow_adult' } },
      { predictions: [made, { ...made, prompt: 'a fine cat' }] },
    )
    expect(url).toMatch(/\/v1beta\/models\/imagen-4\.0-generate-001:predict$/)
    expect(sent).toEqual({
      instances: [{ prompt: 'a cat' }],
      parameters: { personGeneration: 'allow_adult', sampleCount: 2, aspectRatio: '1:1', sampleImageSize: '2K' },
    })
    expect(media).toEqual([
      { bytes: BYTES, mediaType: 'image/jpeg' },
      { bytes: BYTES, mediaType: 'image/jpeg', revisedPrompt: 'a fine cat' },
    ])
    expect(usage).toEqual({ images: 2 })
  })

  test('a seed and a negative prompt are of Vertex AI, the seed without the watermark only', async () => {
    const wanted = { ...imagen, count: 1, negativePrompt: 'dogs', seed: 4 }
    const body = { predictions: [made] }
    const gemini = await make(wanted, body)
    expect(gemini.sent.parameters).toEqual({ sampleCount: 1 })
    expect(gemini.warnings).toHaveLength(2)
    const marked = await make(wanted, body, vertex)
    expect(marked.sent.parameters).toEqual({ sampleCount: 1, negativePrompt: 'dogs', includeRaiReason: true })
    expect(marked.warnings).toHaveLength(1)
    const bare = await make({ ...wanted, defaults: { addWatermark: false } }, body, vertex)
    expect(bare.sent.parameters).toMatchObject({ seed: 4, addWatermark: false })
    expect(bare.warnings).toEqual([])
  })

  test('withheld, in part and in whole', async () => {
    const withheld = { raiFilteredReason: 'Unable to show generated images. Support codes: 1.' }
    const part = await make(imagen, { predictions: [made, withheld] })
    expect(part.media).toHaveLength(1)
    expect(part.warnings).toEqual([
      'provider withheld 1 of 2 pictures for their content: Unable to show generated images. Support codes: 1.',
    ])
    await expect(make(imagen, { predictions: [withheld] })).rejects.toMatchObject({
      code: 'content_policy',
      message: 'provider withheld every picture: Unable to show generated images. Support codes: 1.',
    })
    await expect(make(imagen, {})).rejects.toMatchObject({ code: 'content_policy' })
    await expect(make(imagen, { predictions: [{}] })).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test('pictures to start from are refused before anything is paid for', async () => {
    const connection = connectTo([])
    const pictures = [{ base64: 'AA==', mediaType: 'image/png' }]
    await expect(google.image!.start(call({ ...imagen, pictures }), connection)).rejects.toMatchObject({
      code: 'capability_missing',
    })
    expect(connection.sent).toEqual([])
  })
})
