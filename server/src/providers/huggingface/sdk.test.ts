import { InferenceClient } from '@huggingface/inference'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import { huggingface } from '../huggingface.ts'
import { connectTo, type Scripted, type Sent } from '../testing/connection.ts'

/** Hugging Face's own client as the measure: what it sends for the same input. */
interface Asked {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
}

const CREDENTIAL = 'hf_secret'

let models = 0
/** Both sides keep what they know of a model. */
const freshModel = () => {
  models += 1
  return `owner/oracle-${models}`
}

function client(answers: readonly Scripted[]) {
  const asked: Asked[] = []
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    const { body, headers } = answers[asked.length]!
    asked.push({
      method: init?.method ?? 'GET',
      url: String(url),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: init?.body ? (JSON.parse(String(init.body)) as unknown) : undefined,
    })
    return headers ? new Response('bytes', { headers }) : Response.json(body)
  }
  // What its own polling of fal uses.
  vi.stubGlobal('fetch', fetch)
  return { asked, sdk: new InferenceClient(CREDENTIAL, { fetch: fetch as typeof globalThis.fetch }) }
}

const asAsked = ({ method = 'GET', url, headers = {}, body }: Sent): Asked => ({
  method,
  url,
  headers,
  body: body ? (JSON.parse(String(body)) as unknown) : undefined,
})

const connect = (answers: readonly Scripted[]) =>
  connectTo(answers, { provider: 'huggingface', baseUrl: 'https://router.huggingface.co', credential: CREDENTIAL })

const meant = ({ headers: { authorization, prefer, 'content-type': type }, body }: Asked) => ({
  authorization,
  prefer,
  // The client states one where it sends nothing, too.
  type: body && type,
})

const PICTURE: Scripted = { headers: { 'content-type': 'image/png' }, body: 'bytes' }
const LINK: Scripted = { body: { data: [{ url: 'https://made.example/a.png' }] } }
const INLINE: Scripted = { body: { data: [{ b64_json: 'iVBORw0KGgo=' }] } }
const PREDICTION: Scripted = { body: { id: 'p', status: 'succeeded', output: ['https://made.example/a.png'] } }
const QUEUED: Scripted = {
  body: { request_id: 'req-1', status: 'COMPLETED', response_url: 'https://queue.fal.run/fal-ai/flux/requests/req-1' },
}

const RESULT: Scripted = { body: { images: [{ url: 'https://made.example/a.png' }] } }

const SIZE = { width: 512, height: 768 }
const SAMPLED = { guidance_scale: 2, num_inference_steps: 4, seed: 7 }
const CALLED: Partial<ImageCall> = { guidanceScale: 2, steps: 4, seed: 7 }

interface Case {
  provider: 'hf-inference' | 'fal-ai' | 'replicate' | 'together' | 'nscale' | 'deepinfra'
  providerId: string
  parameters: Record<string, unknown>
  call: Partial<ImageCall>
  answer: Scripted
  outputType?: 'url' | 'json'
}

const CASES: readonly Case[] = [
  {
    provider: 'hf-inference',
    providerId: '',
    parameters: { ...SAMPLED, ...SIZE, negative_prompt: 'rain' },
    call: { ...CALLED, size: SIZE, negativePrompt: 'rain' },
    answer: PICTURE,
  },
  {
    provider: 'fal-ai',
    providerId: 'fal-ai/flux/dev',
    parameters: { ...SAMPLED, image_size: SIZE },
    call: { ...CALLED, size: SIZE },
    answer: QUEUED,
    outputType: 'url',
  },
  {
    provider: 'replicate',
    providerId: 'owner/x',
    parameters: { ...SAMPLED, ...SIZE, negative_prompt: 'rain' },
    call: { ...CALLED, size: SIZE, negativePrompt: 'rain' },
    answer: PREDICTION,
    outputType: 'url',
  },
  {
    provider: 'replicate',
    providerId: 'owner/x:abc',
    parameters: { ...SAMPLED },
    call: CALLED,
    answer: PREDICTION,
    outputType: 'url',
  },
  {
    provider: 'together',
    providerId: 'owner/x',
    parameters: { ...SAMPLED, ...SIZE, negative_prompt: 'rain', n: 2 },
    call: { ...CALLED, size: SIZE, negativePrompt: 'rain', count: 2 },
    answer: LINK,
    outputType: 'url',
  },
  {
    provider: 'nscale',
    providerId: 'owner/x',
    parameters: { size: '512x768' },
    call: { size: SIZE },
    answer: INLINE,
    outputType: 'json',
  },
  {
    provider: 'deepinfra',
    providerId: 'owner/x',
    parameters: { size: '512x768' },
    call: { size: SIZE },
    answer: LINK,
    outputType: 'url',
  },
]

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('text to image', () => {
  test.each(CASES)('$provider $providerId', async ({ provider, providerId, parameters, call, answer, outputType }) => {
    const model = freshModel()
    const entry = { provider, hfModelId: model, providerId: providerId || model, status: 'live', task: 'text-to-image' }
    const lookup: Scripted = { body: { inferenceProviderMapping: [entry] } }
    const { asked, sdk } = client([lookup, answer, RESULT])
    await sdk.textToImage({ model, provider, inputs: 'a fox', parameters }, { outputType: outputType as 'url' })

    const isHome = provider === 'hf-inference'
    const connection = connect(isHome ? [answer] : [lookup, answer, { body: { status: 'COMPLETED' } }, RESULT])
    const asOurs = { model: `${model}:${provider}`, prompt: 'a fox', count: 1, ...call }
    const outcome = await huggingface.image!.start(asOurs, connection)
    if (outcome.status === 'pending') await huggingface.image!.poll!(outcome.operation, connection)
    // The client is told at once that the work is complete, and does not ask.
    const ours = connection.sent.map(asAsked).filter(({ url }) => !url.includes('/status?'))
    // The client looks up where its own models are, too.
    const theirs = isHome ? asked.slice(1) : asked
    expect(ours.map(({ method, url, body }) => ({ method, url, body }))).toEqual(
      theirs.map(({ method, url, body }) => ({ method, url, body })),
    )
    expect(ours.map(meant)).toEqual(theirs.map(meant))
  })
})

test('chat', async () => {
  const completion = {
    id: '1',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }
  const { asked, sdk } = client([{ body: completion }])
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'hi' },
  ]
  await sdk.chatCompletion({ model: 'a/b:fastest', messages, max_tokens: 5, temperature: 0.5, seed: 7 })
  const connection = connect([{ body: completion }])
  await huggingface.text!.generate(
    {
      model: 'a/b:fastest',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      ],
      maxTokens: 5,
      temperature: 0.5,
      seed: 7,
    },
    connection,
  )
  const ours = asAsked(connection.sent[0]!)
  expect([ours.method, ours.url, ours.body]).toEqual([asked[0]!.method, asked[0]!.url, asked[0]!.body])
  expect(meant(ours)).toEqual(meant(asked[0]!))
})
