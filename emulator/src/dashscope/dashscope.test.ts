import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { at, expectLeakSeen, fetched, plainPicture, send } from '../media/testing.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated, user } from '../testing.ts'
import type { JsonObject } from '../types.ts'

const KEY = { authorization: 'Bearer sk-test' }
const ASYNC = { ...KEY, 'x-dashscope-async': 'enable' }
const SYNC_PATH = 'multimodal-generation/generation'
const IMAGE_PATH = 'text2image/image-synthesis'
const VIDEO_PATH = 'video-generation/video-synthesis'

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('dashscope')
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${base}/compatible-mode/v1`, maxRetries: 0 })
  const post = (path: string, body: JsonObject, headers: Record<string, string> = path === SYNC_PATH ? KEY : ASYNC) =>
    send(`${base}/api/v1/services/aigc/${path}`, headers, body)
  const poll = (id: unknown) => send(`${base}/api/v1/tasks/${String(id)}`, KEY)
  const submit = async (path: string, body: JsonObject) => at((await post(path, body)).json, 'output', 'task_id')
  return { emulator, base, client, post, poll, submit }
}

const message = (...content: JsonObject[]) => ({ messages: [{ role: 'user', content }] })
const draw = (parameters: JsonObject = {}, model = 'qwen-image-2.0') => ({
  model,
  input: message({ text: 'A fox' }),
  parameters,
})
const synthesis = (parameters: JsonObject = {}, model = 'wan2.2-t2i-flash') => ({
  model,
  input: { prompt: 'A fox' },
  parameters,
})
const film = (parameters: JsonObject = {}, input: JsonObject = { prompt: 'A fox' }, model = 'wan2.6-t2v') => ({
  model,
  input,
  parameters,
})

describe('DashScope: chat', () => {
  it('talks to the OpenAI SDK, with settings of its own', async () => {
    const { client, emulator } = await world()
    const ask = { model: 'qwen-plus', messages: [user('Why is the sky blue?')], enable_thinking: false, top_k: 20 }
    const whole = await client.chat.completions.create({ ...ask, stream: false })
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    })
    let [text, total] = ['', 0]
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      total = chunk.usage?.total_tokens ?? total
    }
    expect([text, total]).toEqual([whole.choices[0]?.message.content, whole.usage?.total_tokens])
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('qwen3-max')
    expect(emulator.requests()[0]?.body).toMatchObject({ enable_thinking: false })
  })

  it('words its errors as OpenAI does, with a request id beside', async () => {
    const { base } = await world({ credentials: ['sk-test'] })
    const url = `${base}/compatible-mode/v1/chat/completions`
    const ask = { model: 'qwen-plus', messages: [user('x')] }
    const wrong = await send(url, { authorization: 'Bearer other' }, ask)
    expect([wrong.status, wrong.json]).toMatchObject([
      401,
      { error: { code: 'invalid_api_key' }, request_id: expect.any(String) },
    ])
    const missing = await send(url, KEY, { ...ask, model: 'gpt-4.1' })
    expect([missing.status, missing.json]).toMatchObject([
      404,
      { error: { code: 'model_not_found' }, request_id: expect.any(String) },
    ])
    const odd = await send(url, KEY, { ...ask, enable_thinking: 'yes' })
    expect([odd.status, odd.json]).toMatchObject([400, { error: { code: 'invalid_parameter_error' } }])
  })
})

describe('DashScope: pictures at once', () => {
  it('draws several, and from pictures', async () => {
    const { post, emulator } = await world()
    const { json } = await post(SYNC_PATH, draw({ size: '768*512', n: 2, seed: 7, watermark: false }))
    expect(json).toMatchObject({ usage: { width: 768, height: 512, image_count: 2 }, request_id: expect.any(String) })
    expect(at(json, 'output', 'choices', 0)).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
    const url = at(json, 'output', 'choices', 0, 'message', 'content', 1, 'image')
    expect(await fetched(url)).toEqual({ status: 200, type: 'image/png', size: '768x512' })
    const image = `data:image/png;base64,${(await plainPicture(640, 512)).toString('base64')}`
    const edit = { model: 'qwen-image-edit-plus', input: message({ image }, { text: 'Add a hat' }) }
    expect((await post(SYNC_PATH, edit)).json.usage).toMatchObject({ width: 640, height: 512 })
    expect(emulator.bill().models['qwen-image-2.0']).toMatchObject({ calls: 1, images: 2 })
    await expectLeakSeen(emulator, url, KEY)
  })

  const url = 'https://a.b/c.png'
  const cases: [string, JsonObject, number, string, RegExp][] = [
    ['an unknown model', draw({}, 'qwen-image-9'), 404, 'ModelNotFound', /qwen-image-9/],
    ['no input', { model: 'qwen-image' }, 400, 'InvalidParameter', /input/],
    [
      'two texts',
      { model: 'qwen-image', input: message({ text: 'a' }, { text: 'b' }) },
      400,
      'InvalidParameter',
      /text/,
    ],
    [
      'a part that is both',
      { model: 'qwen-image', input: message({ text: 'a', image: url }) },
      400,
      'InvalidParameter',
      /content/,
    ],
    [
      'a role of its own',
      { model: 'qwen-image', input: { messages: [{ role: 'system', content: [{ text: 'a' }] }] } },
      400,
      'InvalidParameter',
      /role/,
    ],
    ['an x in the size', draw({ size: '1024x1024' }), 400, 'InvalidParameter', /size/],
    ['a large picture', draw({ size: '4096*4096' }), 400, 'InvalidParameter', /2048/],
    ['a size of the older models', draw({ size: '1024*1024' }, 'qwen-image-plus'), 400, 'InvalidParameter', /1664/],
    ['several of one', draw({ n: 2 }, 'qwen-image-max'), 400, 'InvalidParameter', /n must be/],
    ['a large seed', draw({ seed: 2_147_483_648 }), 400, 'InvalidParameter', /seed/],
    ['an unknown parameter', draw({ style: 'x' }), 400, 'InvalidParameter', /style/],
    [
      'a picture for a model without',
      { model: 'qwen-image', input: message({ image: url }, { text: 'a' }) },
      400,
      'InvalidParameter',
      /input images/,
    ],
    ['no picture to edit', draw({}, 'qwen-image-edit'), 400, 'InvalidParameter', /input image/],
    ['a model of tasks', draw({}, 'wan2.2-t2i-flash'), 403, 'AccessDenied', /synchronous/],
  ]

  it.each(cases)('refuses %s', async (_name, body, status, code, words) => {
    const { post, emulator } = await world()
    const reply = await post(SYNC_PATH, body)
    expect([reply.status, reply.json]).toMatchObject([status, { code, message: expect.stringMatching(words) }])
    expect(emulator.bill().calls).toBe(0)
  })
})

describe('DashScope: tasks', () => {
  it('draws: pending, running, done', async () => {
    const { submit, poll } = await world({ pendingPolls: 2 })
    const id = await submit(IMAGE_PATH, synthesis({ size: '512*512', n: 2 }))
    const seen = [await poll(id), await poll(id), await poll(id)].map(({ json }) => at(json, 'output', 'task_status'))
    expect(seen).toEqual(['PENDING', 'RUNNING', 'SUCCEEDED'])
    const { json } = await poll(id)
    expect(json).toMatchObject({
      usage: { image_count: 2 },
      output: { task_metrics: { SUCCEEDED: 2 }, end_time: expect.any(String) },
    })
    expect((await fetched(at(json, 'output', 'results', 1, 'url'))).size).toBe('512x512')
    expect(at((await poll('nothing')).json, 'output', 'task_status')).toBe('UNKNOWN')
  })

  it('films from text and from pictures', async () => {
    const { submit, poll, emulator } = await world({ pendingPolls: 0 })
    const id = await submit(VIDEO_PATH, film({ size: '1280*720', duration: 10 }))
    const { json } = await poll(id)
    expect(json.usage).toMatchObject({ duration: 10 })
    expect((await fetched(at(json, 'output', 'video_url'))).type).toBe('video/mp4')
    const picture = 'https://a.b/c.png'
    expect(await submit(VIDEO_PATH, film({ resolution: '720P' }, { img_url: picture }, 'wan2.6-i2v'))).toBeTypeOf(
      'string',
    )
    const ends = { first_frame_url: picture, last_frame_url: picture }
    expect(await submit('image2video/video-synthesis', film({}, ends, 'wan2.2-kf2v-flash'))).toBeTypeOf('string')
    expect(emulator.bill()).toMatchObject({ calls: 3, seconds: 20 })
  })

  it('cancels only what is pending', async () => {
    const { submit, poll, base } = await world({ pendingPolls: 2 })
    const id = String(await submit(IMAGE_PATH, synthesis()))
    const cancel = () => send(`${base}/api/v1/tasks/${id}/cancel`, KEY, undefined, 'POST')
    expect((await cancel()).status).toBe(200)
    expect(at((await poll(id)).json, 'output', 'task_status')).toBe('CANCELED')
    expect((await cancel()).json.code).toBe('UnsupportedOperation')
  })

  it('refuses a call without the header, a text model with a picture, a picture model without, and wrong lengths', async () => {
    const { post } = await world()
    const told = async (...given: Parameters<typeof post>) => (await post(...given)).json
    const sync = await post(IMAGE_PATH, synthesis(), KEY)
    expect([sync.status, sync.json]).toMatchObject([
      403,
      { code: 'AccessDenied', message: expect.stringContaining('does not support synchronous calls') },
    ])
    expect(await told(VIDEO_PATH, film(), KEY)).toMatchObject({ code: 'AccessDenied' })
    expect(await told(SYNC_PATH, draw(), ASYNC)).toMatchObject({ code: 'AccessDenied' })
    expect(await told(VIDEO_PATH, film({}, { prompt: 'x', img_url: 'https://a.b/c' }))).toMatchObject({
      code: 'InvalidParameter',
    })
    expect(await told(VIDEO_PATH, film({}, { prompt: 'x' }, 'wan2.6-i2v'))).toMatchObject({
      message: expect.stringContaining('img_url'),
    })
    expect(await told(VIDEO_PATH, film({ duration: 20 }))).toMatchObject({ message: expect.stringContaining('15') })
    expect(await told(VIDEO_PATH, film({ duration: '5' }))).toMatchObject({
      message: expect.stringContaining('duration'),
    })
    expect(await told(VIDEO_PATH, film({}, { prompt: 'x' }, 'sora-2'))).toMatchObject({ code: 'ModelNotFound' })
  })

  it('refuses a wrong credential', async () => {
    const { post } = await world({ credentials: ['sk-test'] })
    const { status, json } = await post(SYNC_PATH, draw(), { authorization: 'Bearer other' })
    expect([status, json]).toMatchObject([401, { code: 'InvalidApiKey', request_id: expect.any(String) }])
  })
})

describe('DashScope: faults', () => {
  it('moderates at once and in a task; fails, is late, expires', async () => {
    const { post, submit, poll, emulator } = await world({ pendingPolls: 0 })
    const order = (fault: Parameters<typeof emulator.faults.add>[0]['fault']) =>
      emulator.faults.add({ match: { provider: 'dashscope' }, fault })
    order({ kind: 'moderated' })
    expect(await post(SYNC_PATH, draw())).toMatchObject({ status: 400, json: { code: 'DataInspectionFailed' } })
    order({ kind: 'moderated' })
    expect((await poll(await submit(VIDEO_PATH, film()))).json.output).toMatchObject({
      task_status: 'FAILED',
      code: 'DataInspectionFailed',
    })
    order({ kind: 'failed-task' })
    expect((await poll(await submit(IMAGE_PATH, synthesis()))).json.output).toMatchObject({
      task_status: 'FAILED',
      code: 'InternalError',
    })
    expect(emulator.bill().calls).toBe(0)
    order({ kind: 'late-success', polls: 1 })
    const late = await submit(IMAGE_PATH, synthesis())
    expect(at((await poll(late)).json, 'output', 'task_status')).toBe('RUNNING')
    expect(at((await poll(late)).json, 'output', 'task_status')).toBe('SUCCEEDED')
    order({ kind: 'expired-result' })
    const expired = (await poll(await submit(IMAGE_PATH, synthesis()))).json
    expect((await fetched(at(expired, 'output', 'results', 0, 'url'))).status).toBe(404)
    order({ kind: 'status', status: 429 })
    expect((await post(SYNC_PATH, draw())).json.code).toBe('Throttling.RateQuota')
  })
})
