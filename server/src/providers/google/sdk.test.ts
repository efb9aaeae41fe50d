import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  GenerateVideosOperation,
  GoogleGenAI,
  Modality,
  ThinkingLevel,
} from '@google/genai'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { TextCall } from '../../core/text.ts'
import { google } from '../google.ts'
import { collect, connectTo, type Scripted, type Sent } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'

interface Asked {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: unknown
}

let server: Server
let base: string
let asked: Asked[]
let answer: unknown

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString()
    const { method = '', url = '', headers } = request
    asked.push({ method, path: url, headers, body: text ? (JSON.parse(text) as unknown) : undefined })
    const isStream = url.includes('alt=sse')
    response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
    response.end(isStream ? `data: ${JSON.stringify(answer)}\n\n` : JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())
beforeEach(() => {
  asked = []
})

const gemini = () => new GoogleGenAI({ apiKey: 'secret', httpOptions: { baseUrl: base, apiVersion: 'v1beta' } })

function vertexAI() {
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: 'secret', expiry_date: Date.now() + 3_600_000 })
  return new GoogleGenAI({
    vertexai: true,
    project: 'project-1',
    location: 'europe-west4',
    // The SDK brings a copy of the library of its own, whose types are not ours.
    googleAuthOptions: { authClient: authClient as never },
    httpOptions: { baseUrl: base, apiVersion: 'v1' },
  })
}

const connect = (body: unknown) =>
  connectTo([{ body: body as Scripted['body'] }], {
    baseUrl: base,
    credential: 'secret',
    region: 'europe-west4',
    settings: { project: 'project-1' },
  })

/** Without what says nothing: the role of an instruction, and empty settings. */
function normal(body: unknown): unknown {
  const { systemInstruction, generationConfig, ...rest } = (body ?? {}) as {
    systemInstruction?: { parts: unknown }
    generationConfig?: object
  }
  return {
    ...rest,
    ...(systemInstruction && { systemInstruction: { parts: systemInstruction.parts } }),
    ...(generationConfig && Object.keys(generationConfig).length > 0 && { generationConfig }),
  }
}

/** That our request is the SDK's. */
function agree(ours: Sent, theirs: Asked): void {
  expect(ours.method).toBe(theirs.method)
  expect(ours.url).toBe(base + theirs.path)
  for (const name of ['x-goog-api-key', 'authorization', 'content-type']) {
    if (theirs.method === 'GET' && name === 'content-type') continue
    expect(ours.headers?.[name]).toBe(theirs.headers[name])
  }
  expect(normal(JSON.parse(String(ours.body ?? '{}')))).toEqual(normal(theirs.body))
}

const ANSWER = { candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] }
const MODEL = 'gemini-3.8-flash'
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** The same conversations for us and for the SDK. */
const CONVERSATIONS: Record<string, [TextCall, GenerateContentParameters]> = {
  'text with settings': [
    {
      model: MODEL,
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      ],
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 100,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      reasoning: 'low',
    },
    {
      model: MODEL,
      contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
      config: {
        systemInstruction: 'Be brief.',
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 100,
        stopSequences: ['END'],
        seed: 7,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        thinkingConfig: { thinkingLevel: ThinkingLevel.LOW, includeThoughts: true },
      },
    },
  ],
  'a picture and a form': [
    {
      model: 'gemini-2.5-flash',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'image', picture: { base64: 'aGVsbG8=', mediaType: 'image/png' } },
          ],
        },
      ],
      output: { type: 'schema', name: 'place', description: 'A place.', schema: SCHEMA },
      reasoning: 'medium',
    },
    {
      model: 'gemini-2.5-flash',
      contents: [
        { role: 'user', parts: [{ text: 'Where?' }, { inlineData: { data: 'aGVsbG8=', mimeType: 'image/png' } }] },
      ],
      config: {
        responseMimeType: 'application/json',
        responseJsonSchema: { ...SCHEMA, description: 'A place.' },
        thinkingConfig: { thinkingBudget: 8192, includeThoughts: true },
      },
    },
  ],
  'tools, their calls and results': [
    {
      model: MODEL,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        {
          role: 'assistant',
          text: 'Let me see.',
          toolCalls: [
            { id: 'c1', name: 'weather', arguments: '{"city":"Rome"}', opaque: { thoughtSignature: 'c2ln' } },
            { id: 'c2', name: 'weather', arguments: '{"city":"Oslo"}' },
          ],
        },
        { role: 'tool', callId: 'c1', content: [{ type: 'text', text: 'sun' }] },
        { role: 'tool', callId: 'c2', content: [{ type: 'text', text: 'rain' }] },
      ],
      tools: [{ name: 'weather', description: 'Tells the weather.', parameters: SCHEMA }],
      toolChoice: { name: 'weather' },
    },
    {
      model: MODEL,
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        {
          role: 'model',
          parts: [
            { text: 'Let me see.' },
            { functionCall: { id: 'c1', name: 'weather', args: { city: 'Rome' } }, thoughtSignature: 'c2ln' },
            { functionCall: { id: 'c2', name: 'weather', args: { city: 'Oslo' } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'c1', name: 'weather', response: { output: 'sun' } } },
            { functionResponse: { id: 'c2', name: 'weather', response: { output: 'rain' } } },
          ],
        },
      ],
      config: {
        tools: [
          {
            functionDeclarations: [
              { name: 'weather', description: 'Tells the weather.', parametersJsonSchema: SCHEMA },
            ],
          },
        ],
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['weather'] },
        },
      },
    },
  ],
}

const PLATFORMS: [string, ProviderAdapter, () => GoogleGenAI][] = [
  ['the Gemini API', google, gemini],
  ['Vertex AI', vertex, vertexAI],
]

describe.each(PLATFORMS)("Google's SDK and we ask %s the same", (_, adapter, sdk) => {
  test.each(Object.entries(CONVERSATIONS))('%s', async (_name, [call, parameters]) => {
    answer = ANSWER
    await sdk().models.generateContent(parameters)
    const ours = connect(ANSWER)
    await adapter.text!.generate(call, ours)
    agree(ours.sent[0]!, asked[0]!)
  })

  test('a stream', async () => {
    answer = ANSWER
    const [call, parameters] = CONVERSATIONS['text with settings']!
    await collect(await sdk().models.generateContentStream(parameters))
    const ours = connect(`data: ${JSON.stringify(ANSWER)}\n\n`)
    await collect(adapter.text!.stream(call, ours))
    agree(ours.sent[0]!, asked[0]!)
  })

  test('a picture', async () => {
    answer = { candidates: [{ content: { parts: [{ inlineData: { data: 'AA==', mimeType: 'image/png' } }] } }] }
    await sdk().models.generateContent({
      model: 'gemini-3-pro-image',
      contents: [{ role: 'user', parts: [{ text: 'a cat' }, { inlineData: { data: 'AA==', mimeType: 'image/png' } }] }],
      config: {
        responseModalities: [Modality.TEXT, Modality.IMAGE],
        imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
      },
    })
    const ours = connect(answer)
    await adapter.image!.start(
      {
        model: 'gemini-3-pro-image',
        prompt: 'a cat',
        count: 1,
        aspectRatio: '16:9',
        pictures: [{ base64: 'AA==', mediaType: 'image/png' }],
        inputs: { imageSize: '2K' },
      },
      ours,
    )
    agree(ours.sent[0]!, asked[0]!)
  })
})

test('embeddings of the Gemini API', async () => {
  answer = { embeddings: [{ values: [1, 2] }, { values: [3, 4] }] }
  await gemini().models.embedContent({
    model: 'gemini-embedding-001',
    contents: ['one', 'two'],
    config: { outputDimensionality: 2 },
  })
  const ours = connect(answer)
  await google.embed!.embed({ model: 'gemini-embedding-001', texts: ['one', 'two'], dimensions: 2 }, ours)
  const { requests } = asked[0]!.body as { requests: { content: { parts: unknown } }[] }
  const body = { requests: requests.map(({ content, ...rest }) => ({ ...rest, content: { parts: content.parts } })) }
  agree(ours.sent[0]!, { ...asked[0]!, body })
})

test.each(['gemini-embedding-001', 'gemini-embedding-2'])('embeddings of Vertex AI by %s', async (model) => {
  answer = { predictions: [{ embeddings: { values: [1] } }], embedding: { values: [1] } }
  await vertexAI().models.embedContent({ model, contents: ['one'], config: { outputDimensionality: 2 } })
  const ours = connect(answer)
  await vertex.embed!.embed({ model, texts: ['one'], dimensions: 2 }, ours)
  const theirs = JSON.parse(JSON.stringify(asked[0]!.body).replace(',"role":"user"', '')) as unknown
  agree(ours.sent[0]!, { ...asked[0]!, body: theirs })
})

test('the list of models', async () => {
  answer = { models: [] }
  await gemini().models.list({ config: { pageSize: 1000 } })
  const ours = connect(answer)
  await google.listModels!(ours)
  agree(ours.sent[0]!, asked[0]!)
})

test('Imagen on Vertex AI', async () => {
  answer = { predictions: [{ bytesBase64Encoded: 'AA==', mimeType: 'image/png' }] }
  await vertexAI().models.generateImages({
    model: 'imagen-4.0-generate-001',
    prompt: 'a cat',
    config: { numberOfImages: 2, aspectRatio: '16:9', negativePrompt: 'dogs', includeRaiReason: true },
  })
  const ours = connect(answer)
  await vertex.image!.start(
    { model: 'imagen-4.0-generate-001', prompt: 'a cat', count: 2, aspectRatio: '16:9', negativePrompt: 'dogs' },
    ours,
  )
  agree(ours.sent[0]!, asked[0]!)
})

test('Veo on Vertex AI, begun and asked after', async () => {
  const name = 'projects/project-1/locations/europe-west4/publishers/google/models/veo-3.1-generate-001/operations/1'
  answer = { name }
  const sdk = vertexAI()
  await sdk.models.generateVideos({
    model: 'veo-3.1-generate-001',
    source: { prompt: 'a cat', image: { imageBytes: 'AA==', mimeType: 'image/png' } },
    config: { numberOfVideos: 1, durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p', generateAudio: true },
  })
  const ours = connect(answer)
  const outcome = await vertex.video!.start(
    {
      model: 'veo-3.1-generate-001',
      prompt: 'a cat',
      pictures: [{ base64: 'AA==', mediaType: 'image/png' }],
      seconds: 8,
      aspectRatio: '16:9',
      resolution: '1080p',
      audio: true,
    },
    ours,
  )
  agree(ours.sent[0]!, asked[0]!)
  if (outcome.status !== 'pending') throw new Error('it is done at once')
  const operation = Object.assign(new GenerateVideosOperation(), { name })
  await sdk.operations.getVideosOperation({ operation })
  const poll = connect({ name, done: false })
  await vertex.video!.poll!(outcome.operation, poll)
  agree(poll.sent[0]!, asked[1]!)
})
