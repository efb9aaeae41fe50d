import { createFalClient, ValidationError } from '@fal-ai/client'
import { describe, expect, it } from 'vitest'
import { at, expectLeakSeen, fetched, plainPicture, send } from '../media/testing.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'
import type { JsonObject } from '../types.ts'

const CREDENTIAL = 'id:secret'
const KEY = { authorization: `Key ${CREDENTIAL}` }

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('fal')
  const client = createFalClient({
    credentials: CREDENTIAL,
    retry: { maxRetries: 0 },
    requestMiddleware: async (request) => ({
      ...request,
      url: request.url.replace('https://queue.fal.run', base).replace('https://fal.run', `${base}/run`),
    }),
  })
  const post = (endpoint: string, body: JsonObject) => send(`${base}/${endpoint}`, KEY, body)
  const get = (url: unknown) => send(String(url), KEY)
  /** The result of a submitted request, fetched after its polls. */
  const finish = async (endpoint: string, body: JsonObject) => {
    const { json } = await post(endpoint, body)
    while ((await get(json.status_url)).status === 202);
    return get(json.response_url)
  }
  return { emulator, base, client, post, get, finish }
}

const SMALL = { prompt: 'A fox', image_size: { width: 96, height: 64 } }

describe('fal: the official client', () => {
  it('subscribes, with queue updates and logs', async () => {
    const { client, emulator } = await world({ pendingPolls: 2 })
    const seen: string[] = []
    const { data, requestId } = await client.subscribe('fal-ai/flux/dev', {
      input: { ...SMALL, num_images: 2, seed: 7, output_format: 'png' },
      logs: true,
      pollInterval: 1,
      onQueueUpdate: (update) => {
        const detail = update.status === 'IN_QUEUE' ? update.queue_position : 'logs' in update ? update.logs.length : 0
        seen.push(`${update.status} ${detail}`)
      },
    })
    expect(seen).toEqual(['IN_QUEUE 1', 'IN_PROGRESS 1', 'COMPLETED 1'])
    expect(data).toMatchObject({
      seed: 7,
      prompt: 'A fox',
      has_nsfw_concepts: [false, false],
      images: [{ width: 96 }, {}],
    })
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    const url = data.images[1]?.url
    expect(await fetched(url)).toEqual({ status: 200, type: 'image/png', size: '96x64' })
    expect(emulator.bill().models['fal-ai/flux/dev']).toMatchObject({ calls: 1, images: 2 })
    await expectLeakSeen(emulator, url, KEY)
  })

  it('runs at once, streams the status, and tells what is wrong with a field', async () => {
    const { client } = await world()
    const { data } = await client.run('fal-ai/flux/schnell', { input: { ...SMALL, sync_mode: true } })
    expect(String(at(data, 'images', 0, 'url'))).toMatch(/^data:image\/jpeg;base64,/)
    const wrong = client.run('fal-ai/flux/schnell', { input: { ...SMALL, num_images: 5 } })
    await expect(wrong).rejects.toThrow(ValidationError)
    const { request_id: requestId } = await client.queue.submit('fal-ai/flux/dev', { input: SMALL })
    const status = await client.queue.status('fal-ai/flux/dev', { requestId, logs: true })
    expect(status).toMatchObject({ status: 'IN_PROGRESS', logs: [{ message: '50%' }] })
    await client.queue.status('fal-ai/flux/dev', { requestId })
    expect((await client.queue.result('fal-ai/flux/dev', { requestId })).requestId).toBe(requestId)
  })

  it('cancels what is not completed', async () => {
    const { client, base } = await world()
    const { request_id: requestId } = await client.queue.submit('fal-ai/flux/dev', { input: SMALL })
    await client.queue.cancel('fal-ai/flux/dev', { requestId })
    expect(await client.queue.status('fal-ai/flux/dev', { requestId })).toMatchObject({ status: 'COMPLETED' })
    await expect(client.queue.result('fal-ai/flux/dev', { requestId })).rejects.toMatchObject({ status: 499 })
    const again = await send(`${base}/fal-ai/flux/requests/${requestId}/cancel`, KEY, undefined, 'PUT')
    expect([again.status, again.json]).toEqual([400, { status: 'ALREADY_COMPLETED' }])
  })

  it('makes video of any endpoint that is named so', async () => {
    const { client, emulator } = await world({ pendingPolls: 0 })
    const input = { prompt: 'A fox', duration: '8' as const }
    const { data } = await client.subscribe('fal-ai/wan/v2.7/text-to-video', { input, pollInterval: 1 })
    expect((await fetched(data.video.url)).type).toBe('video/mp4')
    expect(emulator.bill()).toMatchObject({ seconds: 8, images: 0 })
  })
})

describe('fal: the queue', () => {
  it('names only owner and app in its URLs, answers 202 until completed, and 400 for a result too early', async () => {
    const { post, get, base } = await world()
    const { json } = await post('fal-ai/flux-pro/v1.1', SMALL)
    const url = `${base}/fal-ai/flux-pro/requests/${String(json.request_id)}`
    expect(json).toMatchObject({
      status: 'IN_QUEUE',
      response_url: url,
      status_url: `${url}/status`,
      cancel_url: `${url}/cancel`,
    })
    expect((await get(url)).status).toBe(400)
    expect((await get(`${url}/status`)).status).toBe(202)
    expect((await get(`${url}/status`)).status).toBe(200)
    expect((await get(url)).json).toMatchObject({ images: [{ width: 96 }], has_nsfw_concepts: [false] })
    expect((await get(url.replace('flux-pro/', 'flux-pro/v1.1/'))).status).toBe(405)
    expect((await get(url.replace('flux-pro', 'flux'))).status).toBe(404)
  })

  it('streams the states to the end', async () => {
    const { post, base } = await world({ pendingPolls: 2 })
    const { json } = await post('fal-ai/flux/dev', SMALL)
    const url = `${base}/fal-ai/flux/requests/${String(json.request_id)}/status/stream`
    const text = await (await fetch(url, { headers: KEY })).text()
    expect([...text.matchAll(/"status":"(\w+)"/g)].map(([, status]) => status)).toEqual([
      'IN_QUEUE',
      'IN_PROGRESS',
      'COMPLETED',
    ])
  })

  it('takes any input and tells of a wrong one with the result, unbilled', async () => {
    const { finish, emulator } = await world()
    const { status, json, headers } = await finish('fal-ai/flux/dev', { prompt: 'x', steps: 3 })
    expect([status, headers.get('x-fal-retryable')]).toEqual([422, 'false'])
    expect(json).toMatchObject({ detail: [{ loc: ['body', 'steps'], type: 'extra_forbidden' }] })
    expect(emulator.bill().calls).toBe(0)
  })
})

describe('fal: refusals by model', () => {
  const url = 'https://a.b/c.png'
  const cases: [string, string, JsonObject, (string | number)[], string][] = [
    ['no prompt', 'fal-ai/flux/dev', {}, ['prompt'], 'missing'],
    ['no prompt anywhere else', 'some/thing', {}, ['prompt'], 'missing'],
    ['another size', 'fal-ai/flux/dev', { prompt: 'x', image_size: 'huge' }, ['image_size'], 'literal_error'],
    [
      'too many steps',
      'fal-ai/flux/dev',
      { prompt: 'x', num_inference_steps: 51 },
      ['num_inference_steps'],
      'less_than_equal',
    ],
    [
      'too few steps',
      'fal-ai/flux/dev/image-to-image',
      { prompt: 'x', image_url: url, num_inference_steps: 5 },
      ['num_inference_steps'],
      'greater_than_equal',
    ],
    ['no picture', 'fal-ai/flux/dev/image-to-image', { prompt: 'x' }, ['image_url'], 'missing'],
    [
      'a LoRA without a path',
      'fal-ai/flux-lora',
      { prompt: 'x', loras: [{ scale: 1 }] },
      ['loras', 0, 'path'],
      'missing',
    ],
    [
      'a heavy LoRA',
      'fal-ai/flux-lora',
      { prompt: 'x', loras: [{ path: 'a', scale: 5 }] },
      ['loras', 0, 'scale'],
      'less_than_equal',
    ],
    ['too hasty', 'fal-ai/flux-lora', { prompt: 'x', acceleration: 'high' }, ['acceleration'], 'literal_error'],
    [
      'a tolerance as number',
      'fal-ai/flux-pro/v1.1',
      { prompt: 'x', safety_tolerance: 2 },
      ['safety_tolerance'],
      'string_type',
    ],
    [
      'another ratio',
      'fal-ai/flux-pro/kontext',
      { prompt: 'x', image_url: url, aspect_ratio: '5:4' },
      ['aspect_ratio'],
      'literal_error',
    ],
    ['several pictures of one', 'fal-ai/flux-2-pro', { prompt: 'x', num_images: 2 }, ['num_images'], 'extra_forbidden'],
    ['no pictures to edit', 'fal-ai/flux-2/edit', { prompt: 'x' }, ['image_urls'], 'missing'],
    [
      'a face without its URL',
      'easel-ai/advanced-face-swap',
      { face_image_0: {}, target_image: { url } },
      ['face_image_0', 'url'],
      'missing',
    ],
    ['no target', 'half-moon-ai/ai-face-swap/faceswapimage', { source_face_url: url }, ['target_image_url'], 'missing'],
    [
      'what is no picture',
      'fal-ai/flux-pro/kontext',
      { prompt: 'x', image_url: 'here' },
      ['image_url'],
      'image_load_error',
    ],
  ]

  it.each(cases)('%s', async (_name, endpoint, body, loc, type) => {
    const { post } = await world()
    const { status, json } = await post(`run/${endpoint}`, body)
    expect([status, json]).toMatchObject([422, { detail: [{ loc: ['body', ...loc], type, msg: expect.any(String) }] }])
  })

  it('swaps faces and uses LoRAs and pictures', async () => {
    const { post } = await world()
    const data = `data:image/png;base64,${(await plainPicture(80, 64)).toString('base64')}`
    const swap = await post('run/easel-ai/advanced-face-swap', {
      face_image_0: { url },
      target_image: { url: data },
      gender_0: 'male',
      workflow_type: 'user_hair',
    })
    expect(swap.json).toMatchObject({ image: { url: expect.any(String) } })
    const lora = await post('run/fal-ai/flux-lora/image-to-image', {
      prompt: 'x',
      image_url: data,
      strength: 0.5,
      loras: [{ path: url, scale: 1 }],
    })
    expect((await fetched(at(lora.json, 'images', 0, 'url'))).size).toBe('80x64')
  })

  it('requests without the right key, and applications that are none', async () => {
    const { base, post } = await world({ credentials: [CREDENTIAL] })
    for (const authorization of ['', 'Key other', `Bearer ${CREDENTIAL}`]) {
      const { status, json } = await send(`${base}/fal-ai/flux/dev`, { authorization }, SMALL)
      expect([status, typeof json.detail]).toEqual([401, 'string'])
    }
    expect((await post('flux', SMALL)).json).toEqual({ detail: 'Application "flux" not found' })
  })
})

describe('fal: faults', () => {
  it('completes failures, whose results are errors', async () => {
    const { finish, emulator } = await world()
    emulator.faults.add({ match: { operation: 'fal.submit' }, fault: { kind: 'failed-task' } })
    const failed = await finish('fal-ai/flux/dev', SMALL)
    expect([failed.status, failed.json.error_type, failed.headers.get('x-fal-error-type')]).toEqual([
      500,
      'runner_server_error',
      'runner_server_error',
    ])
    emulator.faults.add({ fault: { kind: 'moderated' } })
    expect((await finish('fal-ai/flux/dev', SMALL)).json).toMatchObject({
      detail: [{ type: 'content_policy_violation' }],
    })
    expect(emulator.bill().calls).toBe(0)
  })

  it('blackens what its checker objects to, and bills it', async () => {
    const { finish, emulator } = await world()
    emulator.faults.add({ fault: { kind: 'moderated', billed: true } })
    const { status, json } = await finish('fal-ai/flux/dev', SMALL)
    expect([status, json.has_nsfw_concepts]).toEqual([200, [true]])
    expect((await fetched(at(json, 'images', 0, 'url'))).size).toBe('96x64')
    expect(emulator.bill().images).toBe(1)
  })

  it('is late, expires, and locks the user out on order', async () => {
    const { post, get, finish, emulator } = await world()
    emulator.faults.add({ fault: { kind: 'late-success', polls: 3 } })
    const { json } = await post('fal-ai/flux/dev', SMALL)
    const seen: unknown[] = []
    for (let count = 0; count < 4; count++) seen.push((await get(json.status_url)).json.status)
    expect(seen).toEqual(['IN_QUEUE', 'IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'])
    emulator.faults.add({ fault: { kind: 'expired-result' } })
    const expired = await finish('fal-ai/flux/dev', SMALL)
    expect((await fetched(at(expired.json, 'images', 0, 'url'))).status).toBe(404)
    emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'status', status: 403 } })
    expect((await post('fal-ai/flux/dev', SMALL)).json.detail).toContain('Exhausted balance')
  })
})
