import { describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaDone, MediaPending, RemoteOperation } from '../../core/media.ts'
import { drive } from '../../gateway/media/driver.ts'
import { fal } from '../fal.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'
import { readWire, wireFolder } from '../testing/wire.ts'

const ROOT = 'https://queue.fal.run/fal-ai/flux/requests/req-1'
const QUEUED = {
  request_id: 'req-1',
  status: 'IN_QUEUE',
  queue_position: 3,
  status_url: `${ROOT}/status`,
  response_url: ROOT,
  cancel_url: `${ROOT}/cancel`,
}
const FILE = { url: 'https://v3.fal.media/files/a/1.jpeg', width: 1024, height: 768, content_type: 'image/jpeg' }
const OUTPUT = { images: [FILE], seed: 42, has_nsfw_concepts: [false], prompt: 'a fox', timings: { inference: 1.2 } }
const COMPLETED = { status: 'COMPLETED', logs: [], metrics: { inference_time: 1.2 } }
const BASE: Partial<Connection> = { provider: 'fal', baseUrl: 'https://queue.fal.run' }

const call = (more: Partial<ImageCall> = {}): ImageCall => ({
  model: 'fal-ai/flux/dev',
  prompt: 'a fox',
  count: 1,
  ...more,
})
const connect = (script: readonly Scripted[], more: Partial<Connection> = {}) => connectTo(script, { ...BASE, ...more })

/** A stored operation: what comes back from the database is not the object that went in. */
const stored = (operation: RemoteOperation): RemoteOperation => JSON.parse(JSON.stringify(operation)) as RemoteOperation

const accepted = async (more: Partial<ImageCall> = {}) => {
  const { operation } = (await fal.image!.start(call(more), connect([{ body: QUEUED }]))) as MediaPending
  return stored(operation)
}

/** What becomes of a request that is complete. */
const finished = async (result: Scripted, operation?: RemoteOperation) =>
  (await fal.image!.poll!(operation ?? (await accepted()), connect([{ body: COMPLETED }, result]))) as MediaDone

describe('a request', () => {
  test('is queued, and its operation is storable', async () => {
    const connection = connect([{ body: QUEUED }])
    const outcome = (await fal.image!.start(call({ seed: 7 }), connection)) as MediaPending
    const sent = connection.sent[0]!
    expect([sent.method, sent.url]).toEqual(['POST', 'https://queue.fal.run/fal-ai/flux/dev'])
    expect(sent.headers).toEqual({ authorization: 'Key secret-credential', 'content-type': 'application/json' })
    expect(connection.lastJson()).toEqual({ prompt: 'a fox', seed: 7 })
    expect(outcome).toMatchObject({ status: 'pending', queuePosition: 3, upstreamRequestId: 'req-1' })
    expect(stored(outcome.operation)).toEqual(outcome.operation)
    expect(JSON.stringify(outcome.operation)).not.toContain('secret')
  })

  test('has the headers of the settings', async () => {
    const settings = { queuePriority: 'low', startTimeoutSeconds: 30, noRetry: true }
    const connection = connect([{ body: QUEUED }], { settings })
    await fal.image!.start(call(), connection)
    expect(connection.sent[0]!.headers).toMatchObject({
      'x-fal-queue-priority': 'low',
      'x-fal-request-timeout': '30',
      'x-fal-no-retry': '1',
    })
  })

  test.each(['status_url', 'response_url', 'cancel_url'])('whose %s is a stranger’s is not followed', async (name) => {
    const connection = connect([{ body: { ...QUEUED, [name]: 'https://queue.fal.run.evil.example/x' } }])
    await expect(fal.image!.start(call(), connection)).rejects.toMatchObject({
      code: 'invalid_output',
      retryable: false,
      message: expect.stringContaining('evil.example'),
    })
  })

  test('may be polled at the configured address', async () => {
    const body = {
      ...QUEUED,
      status_url: 'http://127.0.0.1:9/s',
      response_url: 'http://127.0.0.1:9/r',
      cancel_url: null,
    }
    const connection = connect([{ body }], { baseUrl: 'http://127.0.0.1:9' })
    await expect(fal.image!.start(call(), connection)).resolves.toMatchObject({ status: 'pending' })
  })

  test.each([{ ...QUEUED, request_id: undefined }, { status: 'IN_QUEUE' }])(
    '%# without an address is paid for and lost',
    async (body) => {
      await expect(fal.image!.start(call(), connect([{ body }]))).rejects.toMatchObject({
        code: 'invalid_output',
        retryable: false,
      })
    },
  )

  test('that is refused is an error', async () => {
    const body = { detail: 'User is locked. Reason: Exhausted balance' }
    await expect(fal.image!.start(call(), connect([{ status: 403, body }]))).rejects.toMatchObject({ code: 'billing' })
  })
})

describe('a poll', () => {
  test('tells the place in the queue', async () => {
    const connection = connect([{ status: 202, body: { status: 'IN_QUEUE', queue_position: 1 } }])
    expect(await fal.image!.poll!(await accepted(), connection)).toMatchObject({ status: 'pending', queuePosition: 1 })
    expect(connection.sent[0]).toMatchObject({
      url: `${ROOT}/status?logs=1`,
      headers: { authorization: 'Key secret-credential' },
    })
  })

  test('hands on each line of the log once', async () => {
    const line = (message: string) => ({ message, level: 'INFO', timestamp: '2026-11-21T00:00:00Z' })
    const script = [['loading'], ['loading', 'step 1'], ['loading', 'step 1']].map((lines) => ({
      status: 202,
      body: { status: 'IN_PROGRESS', logs: lines.map(line) },
    }))
    const connection = connect(script)
    let operation = await accepted()
    const seen: unknown[] = []
    for (const _ of script) {
      const outcome = (await fal.image!.poll!(operation, connection)) as MediaPending
      seen.push(outcome.logs)
      operation = stored(outcome.operation)
    }
    expect(seen).toEqual([['loading'], ['step 1'], undefined])
  })

  test('that sees the end brings the result', async () => {
    const connection = connect([{ body: COMPLETED }, { headers: { 'x-fal-request-id': 'req-1' }, body: OUTPUT }])
    const outcome = await fal.image!.poll!(await accepted({ style: 'any' }), connection)
    expect(outcome).toEqual({
      status: 'done',
      media: [{ url: FILE.url, mediaType: 'image/jpeg', seed: 42 }],
      usage: { images: 1, megapixels: 0.786432 },
      warnings: ['The model takes no style; it was left out (style).'],
      upstreamRequestId: 'req-1',
    })
    expect(connection.sent.map(({ method, url }) => [method, url])).toEqual([
      [undefined, `${ROOT}/status?logs=1`],
      [undefined, ROOT],
    ])
  })

  test('of a request that was canceled asks what became of it', async () => {
    const gone: Scripted = { status: 499, body: { detail: 'canceled', error_type: 'client_cancelled' } }
    const connection = connect([{ body: { status: 'CANCELED' } }, gone])
    await expect(fal.image!.poll!(await accepted(), connection)).rejects.toMatchObject({ code: 'canceled' })
  })

  test('does not follow an operation to where the configuration does not lead, which says nothing of the work', async () => {
    const operation = { ...(await accepted()), statusUrl: 'https://evil.example/' }
    const connection = connect([])
    await expect(fal.image!.poll!(operation, connection)).rejects.toMatchObject({ code: 'permission' })
    expect(connection.sent).toEqual([])
  })

  test('of what is none of its operations is an internal error', async () => {
    await expect(fal.image!.poll!({ id: 1 }, connect([]))).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('results', () => {
  test.each<[unknown, unknown]>([
    [{ image: { url: 'https://fal.media/a.webp' } }, [{ url: 'https://fal.media/a.webp', mediaType: 'image/webp' }]],
    [{ images: ['https://fal.media/a'] }, [{ url: 'https://fal.media/a', mediaType: 'image/jpeg' }]],
    [
      { images: [{ url: 'data:image/png;base64,AAAA' }] },
      [{ url: 'data:image/png;base64,AAAA', mediaType: 'image/png' }],
    ],
    [
      { swapped: { url: 'https://fal.media/a', content_type: 'image/png' }, log: { url: 'https://fal.media/a.txt' } },
      [{ url: 'https://fal.media/a', mediaType: 'image/png' }],
    ],
    [
      { images: [{ url: 'https://fal.media/a.svg', content_type: 'image/svg+xml' }], actual_prompt: 'a red fox' },
      [{ url: 'https://fal.media/a.svg', mediaType: 'image/svg+xml', revisedPrompt: 'a red fox' }],
    ],
  ])('%j', async (body, media) => {
    expect((await finished({ body: body as Record<string, unknown> })).media).toEqual(media)
  })

  test('megapixels stay unknown where a size is', async () => {
    const { usage } = await finished({ body: { images: [FILE, { url: 'https://fal.media/b.png' }] } })
    expect(usage).toEqual({ images: 2 })
  })

  test('some that were withheld are told and counted', async () => {
    const { media, usage, warnings } = await finished({
      body: { images: [FILE, { ...FILE, url: 'https://fal.media/2.jpeg' }], has_nsfw_concepts: [true, false] },
    })
    expect(media.map(({ url }) => url)).toEqual(['https://fal.media/2.jpeg'])
    expect(usage.images).toBe(2)
    expect(warnings).toEqual([expect.stringContaining('withheld 1 of 2')])
  })

  test.each([{ has_nsfw_concepts: [true] }, { has_nsfw_concepts: true }, { nsfw_content_detected: [true] }])(
    'all withheld by %j is content_policy',
    async (flags) => {
      await expect(finished({ body: { images: [FILE], ...flags } })).rejects.toMatchObject({
        code: 'content_policy',
        upstreamRequestId: 'req-1',
      })
    },
  )

  test.each<Scripted>([{ body: { images: [] } }, { body: 'not JSON' }])('%o is no result', async (result) => {
    await expect(finished(result)).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test('a failure is the model’s', async () => {
    const body = { detail: [{ loc: ['body', 'prompt'], msg: 'flagged', type: 'content_policy_violation' }] }
    await expect(finished({ status: 422, body })).rejects.toMatchObject({
      code: 'content_policy',
      message: 'fal: prompt: flagged',
    })
  })
})

test('a request that failed is not asked for again by the driver', async () => {
  const failure: Scripted = { status: 500, body: { detail: 'out of memory', error_type: 'runner_server_error' } }
  const connection = connect([{ body: QUEUED }, { body: COMPLETED }, failure])
  const clock = { now: () => 0, wait: async () => {} }
  await expect(drive(fal.image!, call(), connection, clock)).rejects.toMatchObject({
    code: 'upstream_error',
    message: 'fal: out of memory',
  })
  expect(connection.sent).toHaveLength(3)
})

describe('videos', () => {
  const submit = async () => {
    const connection = connect([{ body: QUEUED }])
    const video = { model: 'fal-ai/veo3.1', prompt: 'a fox runs', seconds: 8 }
    return stored(((await fal.video!.start(video, connection)) as MediaPending).operation)
  }
  const done = async (body: Record<string, unknown>) =>
    (await fal.video!.poll!(await submit(), connect([{ body: COMPLETED }, { body }]))) as MediaDone

  test('last as long as was asked for, unless the result says otherwise', async () => {
    const url = 'https://v3.fal.media/files/a/video'
    const { media, usage } = await done({ video: { url }, thumbnail: { url: 'https://fal.media/t.png' } })
    expect([media, usage]).toEqual([[{ url, mediaType: 'video/mp4' }], { seconds: 8 }])
    const told = await done({ video: { url, content_type: 'video/webm', duration: 7.5 }, seed: 3 })
    expect([told.media, told.usage]).toEqual([[{ url, mediaType: 'video/webm', seed: 3 }], { seconds: 7.5 }])
  })
})

describe('to cancel', () => {
  test.each<[string, Scripted]>([
    ['work that waits or runs', { status: 202, body: { status: 'CANCELLATION_REQUESTED' } }],
    ['work that is complete', { status: 400, body: { status: 'ALREADY_COMPLETED' } }],
  ])('%s is fine', async (_, answer) => {
    const connection = connect([answer])
    await fal.image!.cancel!(await accepted(), connection)
    expect(connection.sent[0]).toMatchObject({ method: 'PUT', url: `${ROOT}/cancel` })
  })

  test('with a credential that is refused is an error', async () => {
    const connection = connect([{ status: 401, body: { detail: 'Unauthorized' } }])
    await expect(fal.image!.cancel!(await accepted(), connection)).rejects.toMatchObject({ code: 'authentication' })
  })
})

describe.skipIf(wireFolder() === undefined)('recorded answers', () => {
  const recorded = (name: string) =>
    JSON.parse(readWire(`vercel-ai-fixtures/packages/fal/src/__fixtures__/${name}.json`)) as Record<string, unknown>

  test('of the queue', async () => {
    const body = recorded('fal-transcription-queue')
    const outcome = (await fal.image!.start(call(), connect([{ body }]))) as MediaPending
    expect(outcome).toMatchObject({
      queuePosition: 4,
      upstreamRequestId: 'test-id',
      operation: { statusUrl: body.status_url, responseUrl: body.response_url, cancelUrl: body.cancel_url },
    })
  })

  test('a result without files is none', async () => {
    await expect(finished({ body: recorded('fal-transcription-result') })).rejects.toMatchObject({
      code: 'invalid_output',
    })
  })
})
