import type { MemberCondition, Model } from '@turnout/contract'
import { ChatRequest } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { chatNeeds } from './chat-needs.ts'
import { fits, gradeOf, type RefusalCode } from './fits.ts'
import { imageNeeds } from './image-needs.ts'
import type { Needs } from './needs.ts'
import { candidateOf, NEEDS } from './testing.ts'

const image = (change: object = {}): Needs => imageNeeds({ prompt: 'A tram.', ...change }, {})

const REFUSALS: [RefusalCode, Partial<Model>, Needs, RegExp][] = [
  ['output', { output: ['image'] }, NEEDS, /makes image, not text/],
  ['streaming', { capabilities: { streaming: false } }, { ...NEEDS, capabilities: ['streaming'] }, /does not stream/],
  ['tools', { capabilities: { tools: false } }, { ...NEEDS, capabilities: ['tools'] }, /does not call tools/],
  [
    'parallelTools',
    { capabilities: { parallelTools: false } },
    { ...NEEDS, capabilities: ['parallelTools'] },
    /several/,
  ],
  ['vision', { capabilities: { vision: false } }, { ...NEEDS, capabilities: ['vision'] }, /does not take pictures/],
  [
    'structuredOutput',
    { capabilities: { structuredOutput: false } },
    { ...NEEDS, capabilities: ['structuredOutput'] },
    /JSON Schema/,
  ],
  ['jsonMode', { capabilities: { jsonMode: false } }, { ...NEEDS, capabilities: ['jsonMode'] }, /JSON/],
  ['audio', {}, { ...NEEDS, input: ['text', 'audio'] }, /sound/],
  ['context', { limits: { contextTokens: 50 } }, NEEDS, /50 tokens, too small for about 100/],
  ['context_estimate', { limits: { contextTokens: 90 } }, NEEDS, /perhaps too small/],
  ['context', { limits: { contextTokens: 200 } }, { ...NEEDS, maxTokens: 900 }, /about 1000/],
  ['output_tokens', { limits: { outputTokens: 10 } }, { ...NEEDS, maxTokens: 11 }, /at most 10 tokens, not 11/],
  ['prompt', { output: ['image'], limits: { promptCharacters: 3 } }, image(), /3 characters/],
  ['input_images', { output: ['image'], limits: { inputImages: 1 } }, image({ pictures: 2 }), /at most 1 pictures/],
  ['imageInput', { output: ['image'], capabilities: { imageInput: false } }, image({ pictures: 1 }), /to start from/],
  ['mask', { output: ['image'], capabilities: { mask: false } }, image({ pictures: 1, mask: true }), /mask/],
  ['lora', { output: ['image'], capabilities: { lora: false } }, image({ loras: [{ path: 'a' }] }), /LoRAs/],
  ['size', { output: ['image'], limits: { sizes: ['1024x1024'] } }, image({ size: '512x512' }), /512x512/],
  ['size', { output: ['image'], limits: { maxSide: 500 } }, image({ width: 512, height: 64 }), /512x64/],
  ['size', { output: ['image'], limits: { sideMultiple: 64 } }, image({ size: '1000x1024' }), /1000x1024/],
  ['count', { output: ['image'], limits: { images: 1 } }, image({ count: 2 }), /at most 1 pictures at once, not 2/],
]

describe('a candidate is refused', () => {
  test.each(REFUSALS)('for %s', (code, model, needs, sentence) => {
    const refusal = fits(candidateOf('m', model), needs)
    expect(refusal?.code).toBe(code)
    expect(refusal?.reason).toMatch(sentence)
  })

  test.each<[string, MemberCondition, Needs]>([
    ['other inputs', { input: ['text'] }, { ...NEEDS, input: ['text', 'image'] }],
    ['a capability that is not needed', { needs: ['vision'] }, NEEDS],
    ['more tokens', { maxInputTokens: 99 }, NEEDS],
    ['fewer tokens', { minInputTokens: 101 }, NEEDS],
    ['other metadata', { metadata: { tier: 'gold' } }, { ...NEEDS, metadata: { tier: 'tin' } }],
  ])('for its condition: %s', (_, when, needs) => {
    expect(fits(candidateOf('m', {}, { when }), needs)?.code).toBe('condition')
  })

  test('for the gravest of several reasons', () => {
    const model = { capabilities: { jsonMode: false, vision: false, tools: false } }
    expect(fits(candidateOf('m', model), { ...NEEDS, capabilities: ['jsonMode', 'vision', 'tools'] })?.code).toBe(
      'tools',
    )
    expect(fits(candidateOf('m', model), { ...NEEDS, capabilities: ['jsonMode', 'vision'] })?.code).toBe('vision')
    expect([gradeOf('tools'), gradeOf('vision'), gradeOf('jsonMode')]).toEqual(['bar', 'loss', 'bend'])
  })
})

describe('a candidate serves', () => {
  test('what is not known of it', () => {
    const all: Needs = { ...NEEDS, capabilities: ['streaming', 'tools', 'vision', 'jsonMode'], maxTokens: 1_000_000 }
    expect(fits(candidateOf('m'), all)).toBeUndefined()
    expect(
      fits(candidateOf('m', { output: ['image'] }), image({ size: '123x457', count: 9, pictures: 9 })),
    ).toBeUndefined()
  })

  test('what meets its condition', () => {
    const when: MemberCondition = { input: ['text'], needs: ['tools'], maxInputTokens: 100, metadata: { tier: 'gold' } }
    const needs: Needs = { ...NEEDS, capabilities: ['tools'], metadata: { tier: 'gold', other: 'x' } }
    expect(fits(candidateOf('m', {}, { when }), needs)).toBeUndefined()
  })
})

describe('what a chat needs', () => {
  const needs = (body: object) => {
    const chat = ChatRequest.parse({ model: 'm', messages: [{ role: 'user', content: 'Hi.' }], ...body })
    return chatNeeds(chat, Buffer.byteLength(JSON.stringify(chat)), {})
  }
  const url = `data:image/png;base64,${'A'.repeat(400_000)}`
  const seen = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]
  const tool = { type: 'function', function: { name: 'f' } }

  test.each<[string, object, Needs['capabilities']]>([
    ['nothing', {}, []],
    ['a stream', { stream: true }, ['streaming']],
    ['tools', { tools: [tool] }, ['tools']],
    ['several at once', { tools: [tool], parallel_tool_calls: true }, ['tools', 'parallelTools']],
    ['JSON', { response_format: { type: 'json_object' } }, ['jsonMode']],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { name: 's' } } }, ['structuredOutput']],
    ['pictures', { messages: seen }, ['vision']],
  ])('%s', (_, body, capabilities) => {
    expect(needs(body).capabilities).toEqual(capabilities)
  })

  test('pictures are not counted as text', () => {
    expect(needs({ messages: seen }).inputTokens).toBeLessThan(2_000)
    expect(needs({ messages: [{ role: 'user', content: 'a'.repeat(4_000) }] }).inputTokens).toBeGreaterThan(1_000)
  })
})
