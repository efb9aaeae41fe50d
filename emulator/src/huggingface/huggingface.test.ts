import { InferenceClient } from '@huggingface/inference'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { at, expectLeakSeen, fetched, plainPicture, send } from '../media/testing.ts'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated, user } from '../testing.ts'
import type { JsonObject } from '../types.ts'

const CREDENTIAL = 'hf_test'
const KEY = { authorization: `Bearer ${CREDENTIAL}` }

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('huggingface')
  const real = globalThis.fetch
  const redirected: typeof fetch = (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    return real(url.replace(/^https:\/\/(router\.)?huggingface\.co/, base), init)
  }
  // The client polls fal's queue with the global fetch, whatever it is given.
  vi.stubGlobal('fetch', redirected)
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
  const client = new InferenceClient(CREDENTIAL, { retry_on_error: false })
  const post = (path: string, body: JsonObject, headers: Record<string, string> = KEY) =>
    send(`${base}${path}`, headers, body)
  return { emulator, base, client, post }
}

const SCHNELL = 'black-forest-labs/FLUX.1-schnell'
const SMALL = { width: 96, height: 64 }
const sizeOf = async (blob: Blob) => probePicture(Buffer.from(await blob.arrayBuffer()))

describe('Hugging Face: the official client', () => {
  it('chats, whole and streamed, through the router or a named provider', async () => {
    const { client, emulator } = await world()
    const ask = { model: 'openai/gpt-oss-120b', messages: [user('Why is the sky blue?')] }
    const whole = await client.chatCompletion({ ...ask, provider: 'auto' })
    let text = ''
    const named = { ...ask, model: 'openai/gpt-oss-120b:fastest', provider: 'auto' as const }
    for await (const chunk of client.chatCompletionStream(named)) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(emulator.bill().models['openai/gpt-oss-120b']?.calls).toBe(2)
  })

  it('draws at hf-inference: bytes', async () => {
    const { client, emulator } = await world()
    const asked = { model: SCHNELL, inputs: 'A fox', parameters: SMALL, provider: 'hf-inference' as const }
    const drawn = await client.textToImage(asked, { outputType: 'blob' })
    expect([drawn.type, await sizeOf(drawn)]).toMatchObject(['image/jpeg', SMALL])
    expect(emulator.bill().models[SCHNELL]).toMatchObject({ calls: 1, images: 1 })
  })

  it('draws and films through fal’s queue', async () => {
    const { client, emulator } = await world({ pendingPolls: 0 })
    const image = { model: 'black-forest-labs/FLUX.1-dev', inputs: 'A fox', provider: 'fal-ai' as const }
    const drawn = await client.textToImage(image, { outputType: 'blob' })
    expect(await sizeOf(drawn)).toMatchObject({ width: 1024, height: 768 })
    const video = await client.textToVideo({ model: 'Wan-AI/Wan2.2-T2V-A14B', inputs: 'A fox', provider: 'fal-ai' })
    expect(video.type).toBe('video/mp4')
    expect(Object.keys(emulator.bill().models)).toEqual(['fal-ai/flux/dev', 'fal-ai/wan/v2.2-a14b/text-to-video'])
    const bodies = emulator.requests().map(({ path }) => path)
    expect(bodies).toContain('/huggingface/fal-ai/fal-ai/flux/dev?_subdomain=queue')
  })

  it('draws at OpenAI-like providers: base64 or a URL', async () => {
    const { client, emulator } = await world()
    const parameters = { ...SMALL, num_inference_steps: 4 }
    const together = { model: SCHNELL, inputs: 'A fox', parameters, provider: 'together' as const }
    expect(await sizeOf(await client.textToImage(together, { outputType: 'blob' }))).toMatchObject(SMALL)
    const url = await client.textToImage(together, { outputType: 'url' })
    expect(await fetched(url)).toMatchObject({ status: 200, size: '96x64' })
    const nscale = { ...together, provider: 'nscale' as const }
    expect(await sizeOf(await client.textToImage(nscale, { outputType: 'blob' }))).toMatchObject(SMALL)
    await expectLeakSeen(emulator, url, KEY)
  })
})

describe('Hugging Face: the router', () => {
  it('tells who serves a model, with and without a credential', async () => {
    const { base } = await world({ credentials: [CREDENTIAL] })
    const url = `${base}/api/models/${SCHNELL}?expand[]=inferenceProviderMapping`
    const { json } = await send(url, {})
    expect(at(json, 'inferenceProviderMapping', 'fal-ai')).toEqual({
      providerId: 'fal-ai/flux/schnell',
      task: 'text-to-image',
      status: 'live',
    })
    expect((await send(`${base}/api/models/${SCHNELL}`, KEY)).json).not.toHaveProperty('inferenceProviderMapping')
    expect((await send(`${base}/api/models/no/where`, KEY)).status).toBe(404)
    expect((await send(url, { authorization: 'Bearer other' })).status).toBe(401)
    const models = (await send(`${base}/v1/models`, KEY)).json
    expect(at(models, 'data', 0, 'providers', 0)).toMatchObject({ provider: 'groq', status: 'live' })
  })

  it('passes fal’s answers on as they are, whose URLs lead elsewhere', async () => {
    const { post } = await world()
    const { json } = await post('/fal-ai/fal-ai/flux/dev?_subdomain=queue', { prompt: 'x' })
    expect(String(json.status_url)).toMatch(/^https:\/\/queue\.fal\.run\/fal-ai\/flux\/requests\/[^/]+\/status$/)
    expect((await post('/fal-ai/fal-ai/flux/dev', { prompt: 'x' })).json).toMatchObject({ images: [{}] })
    expect((await post('/fal-ai/fal-ai/flux/dev', {})).json).toMatchObject({ detail: [{ loc: ['body', 'prompt'] }] })
  })

  it('edits a picture at hf-inference', async () => {
    const { post } = await world()
    const inputs = (await plainPicture(80, 64)).toString('base64')
    const parameters = { prompt: 'A hat', target_size: { width: 128, height: 64 } }
    const png = { ...KEY, accept: 'image/png' }
    const { bytes } = await post(`/hf-inference/models/${SCHNELL}`, { inputs, parameters }, png)
    expect(probePicture(bytes)).toEqual({ mimeType: 'image/png', width: 128, height: 64 })
  })
})

describe('Hugging Face: refusals', () => {
  const chat = '/v1/chat/completions'
  const ask = { messages: [user('x')] }
  const cases: [string, string, JsonObject, number, RegExp][] = [
    [
      'a model that nobody serves',
      chat,
      { ...ask, model: 'no/where' },
      400,
      /not supported by any provider you have enabled/,
    ],
    ['a provider that does not serve it', chat, { ...ask, model: 'openai/gpt-oss-120b:fal-ai' }, 400, /not supported/],
    ['an image model in a chat', chat, { ...ask, model: SCHNELL }, 400, /not supported/],
    ['a wrong message', chat, { model: 'openai/gpt-oss-120b', messages: [] }, 400, /messages/],
    [
      'a model that hf-inference does not host',
      '/hf-inference/models/Qwen/Qwen-Image',
      { inputs: 'x' },
      404,
      /hf-inference/,
    ],
    ['no inputs', `/hf-inference/models/${SCHNELL}`, {}, 422, /inputs/],
    ['an unknown parameter', `/hf-inference/models/${SCHNELL}`, { inputs: 'x', parameters: { size: 1 } }, 422, /size/],
    ['a text as width', `/hf-inference/models/${SCHNELL}`, { inputs: 'x', parameters: { width: '64' } }, 422, /width/],
    ['an unknown provider', '/nobody/v1/images/generations', { prompt: 'x', model: SCHNELL }, 404, /Not Found/],
    [
      'a model the provider lacks',
      '/nscale/v1/images/generations',
      { prompt: 'x', model: 'Qwen/Qwen-Image' },
      400,
      /not supported/,
    ],
    [
      'another format',
      '/nscale/v1/images/generations',
      { prompt: 'x', model: SCHNELL, response_format: 'png' },
      422,
      /response_format/,
    ],
  ]

  it.each(cases)('%s', async (_name, path, body, status, words) => {
    const { post, emulator } = await world()
    const reply = await post(path, body)
    expect([reply.status, JSON.stringify(reply.json.error)]).toEqual([status, expect.stringMatching(words)])
    expect(emulator.bill().calls).toBe(0)
  })

  it('requests without the right credential', async () => {
    const { post } = await world({ credentials: [CREDENTIAL] })
    for (const authorization of ['', 'Bearer hf_other']) {
      const { status, json } = await post('/v1/chat/completions', ask, { authorization })
      expect([status, json]).toEqual([401, { error: 'Invalid username or password.' }])
    }
  })
})

describe('Hugging Face: faults', () => {
  it('moderates, expires, loads, and runs out of credits', async () => {
    const { post, emulator } = await world()
    const draw = () =>
      post('/together/v1/images/generations', { prompt: 'x', model: SCHNELL, response_format: 'url', ...SMALL })
    emulator.faults.add({ match: { provider: 'huggingface' }, fault: { kind: 'moderated' } })
    expect(await draw()).toMatchObject({ status: 422, json: { error: { message: expect.stringContaining('NSFW') } } })
    emulator.faults.add({ fault: { kind: 'expired-result' } })
    expect((await fetched(at((await draw()).json, 'data', 0, 'url'))).status).toBe(404)
    emulator.faults.add({ fault: { kind: 'status', status: 503 } })
    expect((await draw()).json).toMatchObject({ estimated_time: 20 })
    emulator.faults.add({ fault: { kind: 'status', status: 402 } })
    expect((await draw()).json.error).toContain('monthly included credits')
    emulator.faults.add({ fault: { kind: 'moderated' } })
    expect((await post(`/hf-inference/models/${SCHNELL}`, { inputs: 'x' })).status).toBe(400)
  })

  it('fails, or is late, in fal’s queue', async () => {
    const { post, base, emulator } = await world({ pendingPolls: 0 })
    const submit = async () => {
      const { json } = await post('/fal-ai/fal-ai/flux/dev?_subdomain=queue', { prompt: 'x' })
      return `${base}/fal-ai/fal-ai/flux/requests/${String(json.request_id)}`
    }
    emulator.faults.add({ match: { operation: 'huggingface.submit' }, fault: { kind: 'failed-task' } })
    const failed = await submit()
    expect((await send(`${failed}/status?_subdomain=queue`, KEY)).json.status).toBe('COMPLETED')
    expect((await send(failed, KEY)).status).toBe(500)
    emulator.faults.add({ fault: { kind: 'late-success', polls: 1 } })
    const late = await submit()
    expect((await send(`${late}/status`, KEY)).json.status).toBe('IN_PROGRESS')
    expect((await send(`${late}/status`, KEY)).json.status).toBe('COMPLETED')
  })
})
