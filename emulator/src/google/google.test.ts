import { ApiError, type GenerateContentResponse, GoogleGenAI, ThinkingLevel, Type } from '@google/genai'
import { describe, expect, it } from 'vitest'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'

const MODEL = 'gemini-3.6-flash'
const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
}

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const baseUrl = emulator.baseUrl('google')
  const client = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl, apiVersion: 'v1beta' } })
  const post = (path: string, body: object) =>
    fetch(`${baseUrl}/v1beta/models/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': 'test-key' },
      body: JSON.stringify(body),
    })
  return { emulator, client, post }
}

const ASK = { model: MODEL, contents: 'Why is the sky blue?' }
const BODY = { contents: [{ role: 'user', parts: [{ text: 'Why is the sky blue?' }] }] }

async function collect(stream: AsyncGenerator<GenerateContentResponse>) {
  const all: GenerateContentResponse[] = []
  for await (const chunk of stream) all.push(chunk)
  return { text: all.map((chunk) => chunk.text ?? '').join(''), last: all.at(-1) }
}

describe('the official SDK', () => {
  it('gets the same answer in one piece and streamed', async () => {
    const { client, emulator } = await world()
    const whole = await client.models.generateContent(ASK)
    const { text, last } = await collect(await client.models.generateContentStream(ASK))
    expect(whole.text?.length).toBeGreaterThan(40)
    expect(text).toBe(whole.text)
    expect(last?.candidates?.[0]?.finishReason).toBe('STOP')
    expect(last?.usageMetadata).toEqual(whole.usageMetadata)
    expect(emulator.requests()[0]).toMatchObject({ provider: 'google', operation: 'google.generateContent' })
  })

  it('calls functions and uses their results', async () => {
    const { client } = await world()
    const config = { tools: [{ functionDeclarations: [WEATHER] }] }
    const asked = { role: 'user', parts: [{ text: 'What is the weather in Paris?' }] }
    const first = await client.models.generateContent({ model: MODEL, contents: [asked], config })
    const call = first.functionCalls?.[0]
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Paris' } })
    const content = first.candidates?.[0]?.content
    const answer = { id: call?.id, name: 'get_weather', response: { celsius: 18 } }
    const contents = [asked, content ?? {}, { role: 'user', parts: [{ functionResponse: answer }] }]
    const second = await client.models.generateContent({ model: MODEL, contents, config })
    expect(second.text).toContain('celsius is 18')
  })

  it('shows thoughts, conforms to a schema, stops at the limit', async () => {
    const { client } = await world()
    const thinkingConfig = { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW }
    const thinking = await client.models.generateContent({ ...ASK, config: { thinkingConfig } })
    expect(thinking.candidates?.[0]?.content?.parts?.[0]?.thought).toBe(true)
    expect(thinking.usageMetadata?.thoughtsTokenCount).toBe(24)
    const responseSchema = {
      type: Type.OBJECT,
      properties: { color: { type: Type.STRING, enum: ['blue', 'red'] } },
      required: ['color'],
    }
    const config = { responseMimeType: 'application/json', responseSchema }
    expect(JSON.parse((await client.models.generateContent({ ...ASK, config })).text ?? '')).toEqual({ color: 'blue' })
    const short = await client.models.generateContent({
      ...ASK,
      config: { maxOutputTokens: 3, thinkingConfig: { thinkingBudget: 0 } },
    })
    expect(short.candidates?.[0]?.finishReason).toBe('MAX_TOKENS')
  })

  it('draws with an image model and with Imagen', async () => {
    const { client, emulator, post } = await world()
    const drawn = await client.models.generateContent({
      model: 'gemini-nano-banana-2.1',
      contents: 'A fox',
      config: { imageConfig: { aspectRatio: '16:9', imageSize: '512' } },
    })
    const image = drawn.candidates?.[0]?.content?.parts?.find((part) => part.inlineData)?.inlineData
    const size = probePicture(Buffer.from(image?.data ?? '', 'base64'))
    expect([size?.mimeType, (size?.width ?? 0) > (size?.height ?? 0)]).toEqual(['image/png', true])
    // The SDK reaches Imagen through Vertex AI only.
    const instances = [{ prompt: 'A fox' }]
    const response = await post('imagen-4.0-generate-001:predict', { instances, parameters: { sampleCount: 2 } })
    const { predictions } = (await response.json()) as { predictions: { mimeType: string }[] }
    expect(predictions.map(({ mimeType }) => mimeType)).toEqual(['image/png', 'image/png'])
    expect(emulator.bill().models['imagen-4.0-generate-001']?.images).toBe(2)
  })

  it('embeds, counts and lists', async () => {
    const { client } = await world({ models: ['gemini-mine'] })
    const { embeddings } = await client.models.embedContent({
      model: 'gemini-embedding-001',
      contents: ['a red fox', 'a red fox', 'bread'],
      config: { outputDimensionality: 8 },
    })
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([8, 8, 8])
    expect(embeddings?.[0]?.values).toEqual(embeddings?.[1]?.values)
    const { totalTokens } = await client.models.countTokens(ASK)
    expect(totalTokens).toBe((await client.models.generateContent(ASK)).usageMetadata?.promptTokenCount)
    const names: (string | undefined)[] = []
    for await (const model of await client.models.list({ config: { pageSize: 4 } })) names.push(model.name)
    expect(names).toContain('models/gemini-mine')
    expect((await client.models.get({ model: MODEL })).name).toBe(`models/${MODEL}`)
  })

  it('tells its errors apart', async () => {
    const { emulator, client } = await world({ credentials: ['test-key'] })
    const baseUrl = emulator.baseUrl('google')
    const wrong = new GoogleGenAI({ apiKey: 'no', httpOptions: { baseUrl, apiVersion: 'v1beta' } })
    await expect(wrong.models.generateContent(ASK)).rejects.toThrow(/API_KEY_INVALID/)
    await expect(client.models.generateContent({ ...ASK, model: 'gemini-2.0-flash' })).rejects.toMatchObject({
      status: 404,
    })
    emulator.faults.add({ fault: { kind: 'status', status: 429 } })
    const limited = client.models.generateContent(ASK)
    await expect(limited).rejects.toBeInstanceOf(ApiError)
    await expect(limited).rejects.toThrow(/34\.4s/)
  })
})

describe('a long-running video', () => {
  const start = async (options: EmulatorOptions = {}) => {
    const { emulator, post } = await world(options)
    const headers = { 'x-goog-api-key': 'test-key' }
    const parameters = { durationSeconds: 4 }
    const submit = async () =>
      (await (
        await post('veo-3.1-generate-preview:predictLongRunning', { instances: [{ prompt: 'A fox' }], parameters })
      ).json()) as {
        name: string
      }
    const poll = async (name: string) =>
      (await (await fetch(`${emulator.baseUrl('google')}/v1beta/${name}`, { headers })).json()) as {
        done?: boolean
        error?: { code: number }
        response?: {
          generateVideoResponse: { generatedSamples?: { video: { uri: string } }[]; raiMediaFilteredCount?: number }
        }
      }
    return { emulator, submit, poll, headers }
  }

  it('is pending, then done, and its file wants the credential', async () => {
    const { emulator, submit, poll, headers } = await start({ pendingPolls: 2 })
    const { name } = await submit()
    expect([(await poll(name)).done, (await poll(name)).done]).toEqual([undefined, undefined])
    const uri = (await poll(name)).response?.generateVideoResponse.generatedSamples?.[0]?.video.uri ?? ''
    expect((await fetch(uri)).status).toBe(403)
    const file = await fetch(uri, { headers })
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect(emulator.bill().models['veo-3.1-generate-preview']).toMatchObject({ calls: 1, seconds: 4 })
  })

  it('fails, is moderated, is late and expires on order', async () => {
    const { emulator, submit, poll, headers } = await start({ pendingPolls: 0 })
    emulator.faults.add({ fault: { kind: 'failed-task' } })
    expect((await poll((await submit()).name)).error?.code).toBe(13)
    emulator.faults.add({ fault: { kind: 'moderated' } })
    const moderated = await poll((await submit()).name)
    expect(moderated).toMatchObject({ done: true, response: { generateVideoResponse: { raiMediaFilteredCount: 1 } } })
    emulator.faults.add({ fault: { kind: 'late-success', polls: 1 } })
    const { name } = await submit()
    expect([(await poll(name)).done, (await poll(name)).done]).toEqual([undefined, true])
    emulator.faults.add({ fault: { kind: 'expired-result' } })
    const expired = await poll((await submit()).name)
    const uri = expired.response?.generateVideoResponse.generatedSamples?.[0]?.video.uri ?? ''
    expect((await fetch(uri, { headers })).status).toBe(403)
    expect(emulator.bill().calls).toBe(2)
  })
})

const call = (signed: boolean) => ({
  functionCall: { name: 'f', args: {} },
  ...(signed ? { thoughtSignature: 'c2ln' } : {}),
})
const turn = (role: string, ...parts: object[]) => ({ role, parts })
const reply = { functionResponse: { name: 'f', response: {} } }

describe('refused', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { foo: 1 }, 'Unknown name "foo": Cannot find field.'],
    [
      'an unknown setting',
      { generationConfig: { maxTokens: 1 } },
      'Unknown name "maxTokens" at \'generation_config\': Cannot find field.',
    ],
    ['no contents', { contents: [] }, 'contents is not specified'],
    ['another role', { contents: [turn('assistant', { text: 'x' })] }, 'Please use a valid role: user, model.'],
    ['no parts', { contents: [turn('user')] }, 'must not be empty'],
    ['an empty part', { contents: [turn('user', {})] }, "required oneof field 'data'"],
    ['a wrong type', { generationConfig: { temperature: 'hot' } }, "Invalid value at 'generation_config.temperature'"],
    ['an unknown enum value', { generationConfig: { responseModalities: ['SMELL'] } }, '(enum)'],
    ['too warm', { generationConfig: { temperature: 3 } }, 'out of the supported range'],
    ['a schema without its type', { generationConfig: { responseSchema: { type: 'STRING' } } }, 'response_mime_type'],
    [
      'a keyword that no schema has',
      {
        generationConfig: {
          responseMimeType: 'application/json',
          responseSchema: { type: 'OBJECT', additionalProperties: false },
        },
      },
      'Unknown name "additionalProperties"',
    ],
    [
      'level and budget',
      { generationConfig: { thinkingConfig: { thinkingLevel: 'low', thinkingBudget: 1 } } },
      'only one of thinking budget and thinking level',
    ],
    ['pictures of a text model', { generationConfig: { responseModalities: ['IMAGE'] } }, 'not enabled'],
    [
      'names without mode ANY',
      {
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
        toolConfig: { functionCallingConfig: { allowedFunctionNames: ['f'] } },
      },
      'only when function calling mode is ANY',
    ],
    [
      'a call that no result follows',
      { contents: [turn('user', { text: 'x' }), turn('model', call(true)), turn('user', { text: 'y' })] },
      'number of function response parts',
    ],
    [
      'a call without its signature',
      { contents: [turn('user', { text: 'x' }), turn('model', call(false)), turn('user', reply)] },
      'missing a thought_signature',
    ],
    [
      'a picture that is none',
      { contents: [turn('user', { inlineData: { mimeType: 'image/png', data: 'AAAA' } })] },
      'Unable to process input image',
    ],
  ])('%s', async (_name, more, message) => {
    const { post, emulator } = await world()
    const response = await post(`${MODEL}:generateContent`, { ...BODY, ...more })
    const { error } = (await response.json()) as { error: { code: number; message: string; status: string } }
    expect([response.status, error.code, error.status]).toEqual([400, 400, 'INVALID_ARGUMENT'])
    expect(error.message).toContain(message)
    expect(emulator.bill().calls).toBe(0)
  })

  it('below a project of Vertex AI: the same, with a bearer', async () => {
    const { emulator } = await world({ credentials: ['oauth'] })
    const ask = (credential: string) =>
      fetch(
        `${emulator.baseUrl('google')}/v1/projects/p/locations/global/publishers/google/models/${MODEL}:generateContent`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
          body: JSON.stringify(BODY),
        },
      )
    expect([(await ask('oauth')).status, (await ask('other')).status]).toEqual([200, 401])
  })

  it('without a credential', async () => {
    const { emulator } = await world()
    const response = await fetch(`${emulator.baseUrl('google')}/v1beta/models`)
    expect(response.status).toBe(403)
    expect((await fetch(`${emulator.baseUrl('google')}/v1beta/models?key=secret`)).status).toBe(200)
    expect(emulator.requests()[1]?.path).toBe('/google/v1beta/models')
  })
})

describe('the JSON array of a stream', () => {
  it('is whole, and lacks its end, its finish or its brackets on order', async () => {
    const { post, emulator } = await world()
    const read = async () => (await post(`${MODEL}:streamGenerateContent`, BODY)).text()
    const whole = JSON.parse(await read()) as { candidates: { finishReason?: string }[] }[]
    expect(whole.length).toBeGreaterThan(5)
    expect(whole.at(-1)?.candidates[0]?.finishReason).toBe('STOP')
    emulator.faults.add({ fault: { kind: 'no-end-marker' } })
    expect((await read()).trimEnd().endsWith(']')).toBe(false)
    emulator.faults.add({ fault: { kind: 'no-finish' } })
    expect(await read()).not.toContain('finishReason')
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 2 } })
    expect(JSON.parse(await read())).toMatchObject([{}, {}, { error: { status: 'UNAVAILABLE' } }])
    emulator.faults.add({ fault: { kind: 'split', bytes: 5 } })
    expect(JSON.parse(await read())).toHaveLength(whole.length)
    emulator.faults.add({ fault: { kind: 'moderated' } })
    expect(JSON.parse(await read())).toMatchObject([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }])
    emulator.faults.add({ fault: { kind: 'no-usage' } })
    expect(await read()).not.toContain('usageMetadata')
  })

  it('wraps even its errors', async () => {
    const { post } = await world()
    const response = await post(`${MODEL}:streamGenerateContent`, { ...BODY, foo: 1 })
    expect(await response.json()).toMatchObject([{ error: { code: 400 } }])
  })
})
