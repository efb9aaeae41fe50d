import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { EFFORTS, type TextCall, type TextMessage } from '../../core/text.ts'
import { google } from '../google.ts'
import { connectTo } from '../testing/connection.ts'
import { type NewerFields, ProtoValidator } from '../testing/protos.ts'
import { readWire, wireFolder } from '../testing/wire.ts'

/** Fields of the service that version 4.1.0 of the descriptor lacks. Source: the types of Google's SDK 3.1. */
const NEWER: NewerFields = {
  ThinkingConfig: { thinkingLevel: { type: 'string' } },
  ImageConfig: { imageSize: { type: 'string' } },
}

const MODELS = ['gemini-2.0-flash', 'gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-3.1-pro-preview', 'gemini-3.8-flash']

const picture = fc.record({
  base64: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/webp'),
})
const text = fc.record({ type: fc.constant('text' as const), text: fc.string({ minLength: 1 }) })
const image = fc.record(
  { type: fc.constant('image' as const), picture, detail: fc.constantFrom('auto', 'low', 'high') },
  { requiredKeys: ['type', 'picture'] },
)
const content = fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 3 })
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,12}$/)
const toolCall = fc.record(
  {
    id: fc.stringMatching(/^[a-z0-9]{4,12}$/),
    name,
    arguments: fc.oneof(
      fc.constant(''),
      fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 })).map((args) => JSON.stringify(args)),
    ),
    opaque: fc.record({ thoughtSignature: fc.base64String({ minLength: 4, maxLength: 32 }) }),
  },
  { requiredKeys: ['id', 'name', 'arguments'] },
)

/** A user's turn, and perhaps a model's with the results of its calls. */
const turn = fc.oneof(
  content.map((said): TextMessage[] => [{ role: 'user', content: said }]),
  fc
    .record({ said: fc.string(), calls: fc.array(toolCall, { minLength: 1, maxLength: 3 }), results: content })
    .map(({ said, calls, results }): TextMessage[] => [
      { role: 'assistant', text: said, toolCalls: calls },
      ...calls.map(({ id }): TextMessage => ({ role: 'tool', callId: id, content: results })),
    ]),
  fc.string({ minLength: 1 }).map((said): TextMessage[] => [{ role: 'system', text: said }]),
)

const schema = fc.constant({ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] })
const tool = fc.record(
  { name, description: fc.string(), parameters: schema, strict: fc.boolean() },
  { requiredKeys: ['name'] },
)

const textCall: fc.Arbitrary<TextCall> = fc.record(
  {
    model: fc.constantFrom(...MODELS),
    messages: fc
      .tuple(content, fc.array(turn, { maxLength: 4 }))
      .map(([first, turns]): TextMessage[] => [{ role: 'user', content: first }, ...turns.flat()]),
    tools: fc.array(tool, { maxLength: 3 }),
    toolChoice: fc.oneof(fc.constantFrom('auto' as const, 'none' as const, 'required' as const), fc.record({ name })),
    parallelToolCalls: fc.boolean(),
    output: fc.oneof(
      fc.constant({ type: 'json' as const }),
      fc.record({ type: fc.constant('schema' as const), name, schema }),
    ),
    maxTokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }),
    seed: fc.maxSafeInteger(),
    presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    reasoning: fc.constantFrom(...EFFORTS),
    user: fc.string(),
    defaults: fc.constantFrom(
      { topK: 40 },
      { generationConfig: { topK: 3 }, safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] },
    ),
  },
  { requiredKeys: ['model', 'messages'] },
)

const size = fc.record({ width: fc.integer({ min: 16, max: 5000 }), height: fc.integer({ min: 16, max: 5000 }) })
const mediaCall = {
  prompt: fc.string({ minLength: 1 }),
  negativePrompt: fc.string(),
  size,
  aspectRatio: fc.constantFrom('1:1', '16:9', '9:16'),
  seed: fc.maxSafeNat(),
}

const imageCall: fc.Arbitrary<ImageCall> = fc.record(
  {
    ...mediaCall,
    model: fc.constantFrom('gemini-3-pro-image', 'gemini-nano-banana-2.1', 'gemini-3.1-flash-lite-image'),
    count: fc.constant(1),
    pictures: fc.array(picture, { maxLength: 2 }),
    steps: fc.nat(),
    mask: picture,
    inputs: fc.constantFrom({ imageSize: '2K' }, { aspectRatio: '4:5' }),
    defaults: fc.constantFrom({ temperature: 0.4 }, { imageConfig: { imageSize: '4K' } }),
  },
  { requiredKeys: ['model', 'prompt', 'count'] },
)

const videoCall: fc.Arbitrary<VideoCall> = fc.record(
  {
    ...mediaCall,
    model: fc.constant('veo-3.1-generate-preview'),
    pictures: fc.array(picture, { maxLength: 2 }),
    lastFrame: picture,
    seconds: fc.constantFrom(4, 6, 8),
    framesPerSecond: fc.constant(24),
    resolution: fc.constantFrom('720p', '1080p', '4k'),
    audio: fc.boolean(),
  },
  { requiredKeys: ['model', 'prompt'] },
)

const ANSWER = { candidates: [{ content: { parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] }
const PICTURE = { candidates: [{ content: { parts: [{ inlineData: { data: 'AA==', mimeType: 'image/png' } }] } }] }

describe.skipIf(wireFolder() === undefined)('requests against the protos (skipped without the wire folder)', () => {
  const validator = () =>
    new ProtoValidator(
      readWire('google/generativelanguage-protos-4.1.0/protos.json'),
      'google.ai.generativelanguage.v1beta',
      NEWER,
    )

  test('the validator itself refuses what Google would', () => {
    const protos = validator()
    const problems = (body: unknown) => protos.problems('GenerateContentRequest', body, ['model'])
    const contents = [{ role: 'user', parts: [{ text: 'hello' }] }]
    expect(problems({ contents })).toEqual([])
    expect(problems({ contents: [] })).toEqual(['.contents is required'])
    expect(problems({ contents, max_tokens: 1 })).toEqual(['.max_tokens is no field of GenerateContentRequest'])
    expect(problems({ contents, generationConfig: { topK: 1.5 } })).toEqual(['.generationConfig.topK is no int32'])
    expect(problems({ contents, toolConfig: { functionCallingConfig: { mode: 'auto' } } })).toEqual([
      '.toolConfig.functionCallingConfig.mode is no Mode: "auto"',
    ])
    expect(problems({ contents: [{ parts: [{ text: 'a', inlineData: { data: '?' } }] }] })).toEqual([
      '.contents[0].parts[0].inlineData.data is no bytes',
      '.contents[0].parts[0] has text and inlineData, which exclude each other',
    ])
  })

  test('any text call', async () => {
    const protos = validator()
    await fc.assert(
      fc.asyncProperty(textCall, async (call) => {
        const connection = connectTo([{ body: ANSWER }])
        const { warnings } = await google.text!.generate(call, connection)
        expect(protos.problems('GenerateContentRequest', connection.lastJson(), ['model'])).toEqual([])
        if (call.user !== undefined) expect(warnings.join(' ')).toContain('user')
        if (call.parallelToolCalls === false) expect(warnings.join(' ')).toContain('several tools')
      }),
    )
  })

  test('any image call', async () => {
    const protos = validator()
    await fc.assert(
      fc.asyncProperty(imageCall, async (call) => {
        const connection = connectTo([{ body: PICTURE }])
        await google.image!.start(call, connection)
        expect(protos.problems('GenerateContentRequest', connection.lastJson(), ['model'])).toEqual([])
      }),
    )
  })

  test('any video call', async () => {
    const protos = validator()
    await fc.assert(
      fc.asyncProperty(videoCall, async (call) => {
        const connection = connectTo([{ body: { name: 'models/veo/operations/1' } }])
        await google.video!.start(call, connection)
        expect(protos.problems('PredictLongRunningRequest', connection.lastJson(), ['model'])).toEqual([])
      }),
    )
  })

  test('Imagen and embeddings', async () => {
    const protos = validator()
    const imagen = connectTo([{ body: { predictions: [{ bytesBase64Encoded: 'AA==' }] } }])
    const call = { model: 'imagen-4.0-generate-001', prompt: 'a cat', count: 1, size: { width: 2048, height: 2048 } }
    await google.image!.start(call, imagen)
    expect(protos.problems('PredictRequest', imagen.lastJson(), ['model'])).toEqual([])
    const embed = connectTo([{ body: { embeddings: [{ values: [1] }] } }])
    await google.embed!.embed({ model: 'gemini-embedding-001', texts: ['a'], dimensions: 256 }, embed)
    expect(protos.problems('BatchEmbedContentsRequest', embed.lastJson(), ['model'])).toEqual([])
  })
})
