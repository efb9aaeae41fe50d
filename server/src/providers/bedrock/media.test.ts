import { describe, expect, test } from 'vitest'
import type { ImageCall, MediaDone } from '../../core/media.ts'
import { bedrock } from '../bedrock.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const SD35 = 'stability.sd3-5-large-v1:0'
const CORE = 'stability.stable-image-core-v1:1'
const CANVAS = 'amazon.nova-canvas-v1:0'
const PICTURE = { base64: 'AAAA', mediaType: 'image/png' }
const GOOD = { images: ['AQID'], seeds: [42], finish_reasons: [null] }

const connect = (answer: Scripted) =>
  connectTo([answer], { provider: 'bedrock', credential: KEYS, region: 'us-west-2' })

async function start(call: Partial<ImageCall>, body: Record<string, unknown> = GOOD) {
  const connection = connect({ body, headers: { 'x-amzn-requestid': 'r-1' } })
  const outcome = await bedrock.image!.start({ model: SD35, prompt: 'a fox', count: 1, ...call }, connection)
  return { ...(outcome as MediaDone), body: connection.lastJson(), sent: connection.sent[0]! }
}

describe('a picture by Stability AI', () => {
  test('from words', async () => {
    const { body, sent, media, usage, upstreamRequestId, warnings } = await start({
      aspectRatio: '16:9',
      seed: 7,
      negativePrompt: 'blur',
      outputFormat: 'jpeg',
    })
    expect(sent.url).toBe(`https://provider.example/model/${encodeURIComponent(SD35)}/invoke`)
    expect(body).toEqual({
      prompt: 'a fox',
      negative_prompt: 'blur',
      aspect_ratio: '16:9',
      seed: 7,
      output_format: 'jpeg',
    })
    expect(media).toEqual([{ bytes: Buffer.from([1, 2, 3]), mediaType: 'image/jpeg', seed: 42 }])
    expect({ usage, upstreamRequestId, warnings }).toEqual({
      usage: { images: 1 },
      upstreamRequestId: 'r-1',
      warnings: [],
    })
  })

  test('from a picture, which keeps its shape', async () => {
    const { body, warnings } = await start({ pictures: [PICTURE], strength: 0.6, aspectRatio: '1:1' })
    expect(body).toEqual({ prompt: 'a fox', image: 'AAAA', mode: 'image-to-image', strength: 0.6 })
    expect(warnings).toEqual(['The picture keeps its shape; size and aspect ratio were left out.'])
  })

  test('of a size becomes one of a ratio; a seed, a count and settings that do not fit are told', async () => {
    const { body, warnings } = await start({
      size: { width: 1920, height: 1080 },
      seed: -1,
      count: 2,
      steps: 30,
      outputFormat: 'gif',
      strength: 0.3,
    })
    expect(body).toEqual({ prompt: 'a fox', aspect_ratio: '16:9', seed: 1 })
    expect(warnings).toHaveLength(6)
  })

  test('the smallest model takes no picture', async () => {
    const { body, warnings } = await start({ model: CORE, pictures: [PICTURE] })
    expect(body).toEqual({ prompt: 'a fox' })
    expect(warnings).toEqual(['The model takes no pictures; it was left out (pictures).'])
  })

  test('a service that changes a picture gets it with its mask', async () => {
    const mask = { base64: 'BBBB', mediaType: 'image/png' }
    const { body } = await start({
      model: 'stability.stable-image-inpaint-v1:0',
      pictures: [PICTURE],
      mask,
      inputs: { grow_mask: 3 },
    })
    expect(body).toEqual({ prompt: 'a fox', image: 'AAAA', mask: 'BBBB', grow_mask: 3 })
  })

  test.each([
    ['Filter reason: prompt', 'content_policy'],
    ['Filter reason: output image', 'content_policy'],
    ['Filter reason: input image', 'content_policy'],
    ['Inference error', 'upstream_error'],
  ])('"%s" is a %s', async (reason, code) => {
    await expect(start({}, { seeds: [1], finish_reasons: [reason], images: [''] })).rejects.toMatchObject({
      code,
      upstreamCode: reason,
      message: expect.stringContaining(reason) as string,
    })
  })

  test('an answer without a picture is not understood', async () => {
    await expect(start({}, { images: [] })).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
  })
})

describe('a picture by Nova Canvas', () => {
  test('from words', async () => {
    const { body, usage } = await start(
      {
        model: CANVAS,
        size: { width: 1280, height: 720 },
        count: 2,
        guidanceScale: 7,
        seed: 3,
        quality: 'hd',
        negativePrompt: 'blur',
        inputs: { seed: 9 },
      },
      { images: ['AQID', 'BAUG'] },
    )
    expect(body).toEqual({
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'a fox', negativeText: 'blur' },
      imageGenerationConfig: { width: 1280, height: 720, cfgScale: 7, seed: 9, quality: 'premium', numberOfImages: 2 },
    })
    expect(usage).toEqual({ images: 2 })
  })

  test('from a picture, with how near to stay', async () => {
    const { body, warnings } = await start({ model: CANVAS, pictures: [PICTURE], strength: 0.25, aspectRatio: '1:1' })
    expect(body).toEqual({
      taskType: 'IMAGE_VARIATION',
      imageVariationParams: { text: 'a fox', images: ['AAAA'], similarityStrength: 0.75 },
      imageGenerationConfig: { width: 1024, height: 1024, numberOfImages: 1 },
    })
    expect(warnings).toEqual(['The model takes a size instead of an aspect ratio: 1:1 became 1024x1024.'])
  })

  test('another task is named in its own words', async () => {
    const inPaintingParams = { image: 'AAAA', maskPrompt: 'the sky' }
    const { body } = await start({ model: CANVAS, inputs: { taskType: 'INPAINTING', inPaintingParams } })
    expect(body).toMatchObject({ taskType: 'INPAINTING', inPaintingParams })
  })

  test('an answer that only says why', async () => {
    const error = 'All of the generated images have been blocked by our content filters.'
    await expect(start({ model: CANVAS }, { error })).rejects.toMatchObject({ code: 'content_policy' })
    const { warnings } = await start({ model: CANVAS, count: 2 }, { images: ['AQID'], error })
    expect(warnings).toEqual([`Some pictures are missing: ${error}`])
  })
})

test('a model of another maker is refused before it is asked', async () => {
  await expect(start({ model: 'maker.image-v1' })).rejects.toMatchObject({
    code: 'capability_missing',
    delivered: false,
  })
})

describe('embeddings', () => {
  const embed = async (model: string, texts: string[], answer: (body: { inputText?: string }) => Scripted) => {
    const connection = connectTo(({ body }) => answer(JSON.parse(String(body)) as { inputText?: string }), {
      credential: KEYS,
      region: 'us-east-1',
    })
    const result = await bedrock.embed!.embed({ model, texts, dimensions: 256 }, connection)
    return { ...result, bodies: connection.sent.map(({ body }) => JSON.parse(String(body)) as unknown) }
  }

  test('by Titan, one text at a time, in the order of the texts', async () => {
    const texts = Array.from({ length: 11 }, (_, i) => `text ${i}`)
    const { vectors, usage, bodies } = await embed('amazon.titan-embed-text-v2:0', texts, ({ inputText }) => ({
      body: { embedding: [Number(inputText!.slice(5))], inputTextTokenCount: 2 },
    }))
    expect(vectors).toEqual(texts.map((_, i) => [i]))
    expect(usage).toEqual({ inputTokens: 22 })
    expect(bodies[3]).toEqual({ inputText: 'text 3', dimensions: 256 })
  })

  test.each([{ embeddings: [[1], [2]] }, { embeddings: { float: [[1], [2]] } }])('by Cohere, %j', async (body) => {
    const { vectors, usage, bodies } = await embed('cohere.embed-v4:0', ['a', 'b'], () => ({
      body,
      headers: { 'x-amzn-bedrock-input-token-count': '4' },
    }))
    expect(vectors).toEqual([[1], [2]])
    expect(usage).toEqual({ inputTokens: 4 })
    expect(bodies).toEqual([
      { texts: ['a', 'b'], input_type: 'search_document', output_dimension: 256, embedding_types: ['float'] },
    ])
  })

  test('fewer vectors than texts are not understood', async () => {
    const answer = () => ({ body: { embeddings: [[1]] } })
    await expect(embed('cohere.embed-v4:0', ['a', 'b'], answer)).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('the list of models', () => {
  const modelSummaries = [
    { modelId: 'a.text', modelName: 'A', inputModalities: ['TEXT', 'IMAGE'], outputModalities: ['TEXT'] },
    { modelId: 'a.embed', inputModalities: ['TEXT'], outputModalities: ['EMBEDDING'] },
    { modelName: 'no id' },
  ]

  test.each([
    ['https://bedrock-runtime.eu-west-1.amazonaws.com', 'https://bedrock.eu-west-1.amazonaws.com'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'https://bedrock.cn-north-1.amazonaws.com.cn'],
    ['http://127.0.0.1:9999', 'http://127.0.0.1:9999'],
    ['https://bedrock-runtime.amazonaws.com.evil.example', 'https://bedrock-runtime.amazonaws.com.evil.example'],
  ])('of %s is asked for at %s', async (baseUrl, control) => {
    const connection = connectTo([{ body: { modelSummaries } }], { baseUrl, credential: 'bearer' })
    expect(await bedrock.listModels!(connection)).toEqual([
      { id: 'a.text', name: 'A', vision: true, embedding: false },
      { id: 'a.embed', name: undefined, vision: false, embedding: true },
    ])
    expect(connection.sent[0]!.url).toBe(`${control}/foundation-models`)
  })
})
