import { TurnoutError } from 'turnout'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { all, type LibraryWorld, PIXEL, startLibrary } from './library-world.ts'

let world: LibraryWorld
beforeAll(async () => {
  world = await startLibrary()
})
afterAll(() => world.close())
beforeEach(() => {
  world.emulator.reset()
  world.records.length = 0
})

const TEXT_MODELS = ['gpt-5.4-mini', 'claude-sonnet-4-6', 'gemini-3.8-flash', 'openai/gpt-5.4-mini']
const sent = (): Record<string, unknown> => world.emulator.requests().at(-1)!.body as Record<string, unknown>

describe('text', () => {
  test.each(TEXT_MODELS)('of %s is the same whole and as a stream', async (model) => {
    const call = { model, system: 'Be brief.', prompt: 'What is a turnout?', maxTokens: 500 }
    const whole = await world.turnout.text.generate(call)
    const parts = await all(world.turnout.text.stream(call))
    const finish = parts.at(-1)!
    expect(whole).toMatchObject({
      text: expect.stringMatching(/\w/),
      toolCalls: [],
      finishReason: 'stop',
      provider: expect.any(String),
      attempts: 1,
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
      message: { role: 'assistant', content: whole.text },
    })
    expect(parts.filter(({ type }) => type === 'finish')).toEqual([finish])
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : [])).join('')).toBe(whole.text)
    expect(finish).toMatchObject({ type: 'finish', text: whole.text, model: whole.model, finishReason: 'stop' })
    expect(world.records.map(({ requestId }) => requestId)).toEqual([
      whole.requestId,
      finish.type === 'finish' && finish.requestId,
    ])
  })

  test('costs what the provider charges, and onAttempt hears of it', async () => {
    const { cost, usage, requestId } = await world.turnout.text.generate({
      model: 'gpt-5.4-mini',
      prompt: 'Hello!',
      user: 'ada',
    })
    expect(cost).toMatch(/^0\.\d+$/)
    expect(world.records).toEqual([
      expect.objectContaining({
        requestId,
        attempt: 1,
        operation: 'text.generate',
        model: 'gpt-5.4-mini',
        provider: 'openai',
        user: 'ada',
        outcome: 'succeeded',
        errorCode: null,
        streamed: false,
        usage,
        cost,
      }),
    ])
    expect(Date.parse(world.records[0]!.startedAt)).toBeLessThanOrEqual(Date.now())
  })

  test('takes pictures as bytes, as data URLs and as links', async () => {
    const data = `data:image/png;base64,${PIXEL.toString('base64')}`
    const images = [PIXEL, data, new URL(data)]
    for (const image of images) {
      const content = [
        { type: 'text' as const, text: 'What is this?' },
        { type: 'image' as const, image },
      ]
      const { text } = await world.turnout.text.generate({
        model: 'gpt-5.4-mini',
        messages: [{ role: 'user', content }],
      })
      expect(text).toContain('picture')
      expect(JSON.stringify(sent())).toContain(data)
    }
  })

  test.each(TEXT_MODELS)('goes on after a call of a tool of %s', async (model) => {
    const tools = [{ name: 'weather', description: 'Tells it.', parameters: z.object({ city: z.string() }) }]
    const question = { role: 'user' as const, content: 'How is the weather in Paris?' }
    const asked = await world.turnout.text.generate({ model, messages: [question], tools, toolChoice: 'required' })
    expect(asked.finishReason).toBe('tool-calls')
    const [call] = asked.toolCalls
    expect(JSON.parse(call!.arguments)).toEqual({ city: expect.any(String) })
    const streamed = await all(
      world.turnout.text.stream({ model, messages: [question], tools, toolChoice: { name: 'weather' } }),
    )
    expect(streamed.at(-1)).toMatchObject({ toolCalls: [{ name: 'weather', arguments: call!.arguments }] })
    const answered = await world.turnout.text.generate({
      model,
      messages: [question, asked.message, { role: 'tool', callId: call!.id, content: 'Sunny.' }],
      tools,
    })
    expect(answered.text).toMatch(/\w/)
  })

  test('says what it left out', async () => {
    const { warnings } = await world.turnout.text.generate({ model: 'claude-opus-5-5', prompt: 'Hi', temperature: 0.3 })
    expect(warnings).toEqual([expect.stringContaining('temperature')])
  })
})

describe('an object', () => {
  const City = z.object({
    name: z.string().describe('In English.'),
    people: z.number().int(),
    founded: z.string().transform((text) => text.length),
    tags: z.array(z.string()).default([]),
  })

  test.each(TEXT_MODELS)('of %s is what the schema makes of it', async (model) => {
    const { object, text, finishReason } = await world.turnout.text.object({ model, prompt: 'Paris.', schema: City })
    const typed: { name: string; people: number; founded: number; tags: string[] } = object
    expect(typed).toEqual({ ...JSON.parse(text), founded: JSON.parse(text).founded.length })
    expect(finishReason).toBe('stop')
  })

  test('is asked for by its JSON Schema, closed, in the words of the schema', async () => {
    await world.turnout.text.object({ model: 'gpt-5.4-mini', prompt: 'Paris.', schema: City, schemaName: 'city' })
    expect(sent().response_format).toMatchObject({
      type: 'json_schema',
      json_schema: {
        name: 'city',
        schema: {
          type: 'object',
          properties: { name: { type: 'string', description: 'In English.' }, people: { type: 'integer' } },
          required: ['name', 'people', 'founded'],
          additionalProperties: false,
        },
      },
    })
  })

  test('that the schema refuses is invalid output', async () => {
    const schema = z.object({ name: z.string().refine(() => false, 'is never right') })
    await expect(world.turnout.text.object({ model: 'gpt-5.4-mini', prompt: 'x', schema })).rejects.toMatchObject({
      code: 'invalid_output',
      provider: 'openai',
      retryable: true,
      message: expect.stringContaining('name: is never right'),
    })
  })

  test('that was cut says what to do', async () => {
    const call = { model: 'claude-sonnet-4-6', prompt: 'x', schema: City, maxTokens: 2 }
    await expect(world.turnout.text.object(call)).rejects.toMatchObject({
      code: 'invalid_output',
      retryable: false,
      message: expect.stringContaining('maxTokens'),
    })
  })

  test('whose schema no JSON Schema can tell is refused before anything is sent', async () => {
    const schema = z.object({ at: z.date() })
    await expect(world.turnout.text.object({ model: 'gpt-5.4-mini', prompt: 'x', schema })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'schema',
    })
    expect(world.emulator.requests()).toEqual([])
  })
})

describe('pictures', () => {
  test.each(['gpt-image-2', 'gemini-nano-banana-2.1'])('of %s are bytes', async (model) => {
    const { images, cost, usage } = await world.turnout.image.generate({ model, prompt: 'A tram.', count: 2 })
    expect(images).toHaveLength(2)
    for (const { bytes, mediaType } of images) {
      expect(mediaType).toBe('image/png')
      expect([...bytes!.subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
    }
    expect(usage.images).toBe(2)
    expect(cost).toMatch(/^0\.\d+$/)
  })

  test('start from others, and tell what was mapped', async () => {
    const call = { model: 'gpt-image-1.5', prompt: 'A tram.', images: [PIXEL], width: 1000, height: 1000 }
    const { mapped, images } = await world.turnout.image.generate(call)
    expect(mapped).toMatchObject([
      { setting: 'width', asked: 1000, used: 1024 },
      { setting: 'height', asked: 1000, used: 1024 },
    ])
    expect(images).toHaveLength(1)
    expect(world.emulator.requests().at(-1)!.path).toContain('edits')
  })
})

test.each(['text-embedding-3-small', 'gemini-embedding-2'])('vectors of %s come in order', async (model) => {
  const { vectors } = await world.turnout.embed({ model, texts: ['a', 'b'], dimensions: 256 })
  const { vectors: alone } = await world.turnout.embed({ model, texts: 'b', dimensions: 256 })
  expect(vectors.map(({ length }) => length)).toEqual([256, 256])
  expect(vectors[1]).toEqual(alone[0])
  expect(vectors[0]).not.toEqual(vectors[1])
})

const refused: [string, object, string][] = [
  ['nothing to go to', { prompt: 'x' }, 'model'],
  ['two places to go to', { model: 'a', role: 'b', prompt: 'x' }, 'role'],
  ['nothing to say', { model: 'a' }, 'prompt'],
  ['two things to say', { model: 'a', prompt: 'x', messages: [{ role: 'user', content: 'x' }] }, 'messages'],
  ['a field that there is not', { model: 'a', prompt: 'x', max_tokens: 4 }, 'max_tokens'],
  ['a setting out of its range', { model: 'a', prompt: 'x', temperature: 3 }, 'temperature'],
  ['a role that there is not', { model: 'a', messages: [{ role: 'bot', content: 'x' }] }, 'messages[0].role'],
  [
    'a picture that is none',
    { model: 'gpt-5.4-mini', messages: [{ role: 'user', content: [{ type: 'image', image: Buffer.from('x') }] }] },
    'messages[0].content[0].image',
  ],
  ['a choice of no tool', { model: 'a', prompt: 'x', toolChoice: { name: 'b' } }, 'toolChoice'],
  ['a tool that comes twice', { model: 'a', prompt: 'x', tools: [{ name: 'b' }, { name: 'b' }] }, 'tools'],
  ['no signal', { model: 'a', prompt: 'x', signal: 1 }, 'signal'],
]
test.each(refused)('a call with %s is refused by its field, whole or streamed', async (_, call, param) => {
  const error = { code: 'invalid_input', param, message: expect.stringContaining(param) }
  await expect(world.turnout.text.generate(call as never)).rejects.toMatchObject(error)
  await expect(all(world.turnout.text.stream(call as never))).rejects.toMatchObject(error)
  expect(world.emulator.requests()).toEqual([])
})

test('pictures and texts that are wrong are refused by their fields', async () => {
  const { image, embed } = world.turnout
  await expect(image.generate({ model: 'gpt-image-2', prompt: 'x', count: 0 })).rejects.toMatchObject({
    param: 'count',
  })
  await expect(image.generate({ model: 'gpt-image-2', prompt: 'x', images: ['ftp://x'] })).rejects.toMatchObject({
    code: 'invalid_input',
    param: 'images[0]',
  })
  await expect(embed({ model: 'text-embedding-3-small', texts: [] })).rejects.toMatchObject({ param: 'texts' })
  await expect(embed({ model: 'gpt-5.4-mini', texts: 'x' })).rejects.toMatchObject({ code: 'capability_missing' })
})

test('an error is a TurnoutError with its code, and whether another try may help', async () => {
  const failed = await world.turnout.text.generate({ model: 'gpt-5.4-minu', prompt: 'x' }).catch((error) => error)
  expect(failed).toBeInstanceOf(TurnoutError)
  expect(failed).toMatchObject({ code: 'model_not_found', retryable: false, message: expect.stringContaining('mini') })
})
