import { describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { ImageCall, MediaPending, RemoteOperation } from '../../core/media.ts'
import { bfl } from '../bfl.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const POLLING_URL = 'https://api.eu2.bfl.ai/v1/get_result?id=task-1'
const SAMPLE = 'https://delivery-eu1.bfl.ai/results/1/sample.png?sig=abc'
const ACCEPTED = { id: 'task-1', polling_url: POLLING_URL, cost: 4.5, input_mp: 1, output_mp: 1 }
const BASE: Partial<Connection> = { provider: 'bfl', baseUrl: 'https://api.bfl.ai' }
const call = (more: Partial<ImageCall> = {}): ImageCall => ({
  model: 'flux-2-pro',
  prompt: 'a pier',
  count: 1,
  ...more,
})

const submit = (script: readonly Scripted[], more: Partial<ImageCall> = {}, overrides: Partial<Connection> = {}) => {
  const connection = connectTo(script, { ...BASE, ...overrides })
  return { connection, outcome: bfl.image!.start(call(more), connection) as Promise<MediaPending> }
}

/** A stored operation: what comes back from the database is not the object that went in. */
const stored = (operation: RemoteOperation): RemoteOperation => JSON.parse(JSON.stringify(operation)) as RemoteOperation

async function pollWith(scripted: Scripted, overrides: Partial<Connection> = {}, changes: RemoteOperation = {}) {
  const { operation } = await submit([{ body: ACCEPTED }]).outcome
  const connection = connectTo([scripted], { ...BASE, ...overrides })
  return { connection, outcome: bfl.image!.poll!(stored({ ...operation, ...changes }), connection) }
}

const ready = (result: Record<string, unknown>): Scripted => ({ body: { id: 'task-1', status: 'Ready', result } })

describe('handing in', () => {
  test('a task is posted with the credential and answered with a handle and its price', async () => {
    const { connection, outcome } = submit([{ body: ACCEPTED }], { seed: 9, steps: 20 })
    expect(await outcome).toMatchObject({
      status: 'pending',
      operation: { id: 'task-1', pollingUrl: POLLING_URL, providerCost: '45000000' },
      providerCost: 45_000_000n,
      pollAfterMs: 500,
      upstreamRequestId: 'task-1',
    })
    const [{ url, method, headers }] = connection.sent as [(typeof connection.sent)[0]]
    expect([url, method]).toEqual(['https://api.bfl.ai/v1/flux-2-pro', 'POST'])
    expect(headers).toMatchObject({ 'x-key': 'secret-credential', 'content-type': 'application/json' })
    expect(connection.lastJson()).toEqual({ prompt: 'a pier', seed: 9 })
  })

  test('the version may be part of the configured address', async () => {
    const { connection, outcome } = submit([{ body: ACCEPTED }], {}, { baseUrl: 'https://edge.example/bfl/v1' })
    await outcome
    expect(connection.sent[0]!.url).toBe('https://edge.example/bfl/v1/flux-2-pro')
  })

  test('a price that is not named stays unknown', async () => {
    const { outcome } = submit([{ body: { id: 'task-1', polling_url: POLLING_URL, cost: null } }])
    const pending = await outcome
    expect(pending).not.toHaveProperty('providerCost')
    expect(pending.operation).not.toHaveProperty('providerCost')
  })

  test.each([
    ['https://bfl.ai.attacker.example/v1/get_result?id=1'],
    ['https://attackerbfl.ai/v1/get_result?id=1'],
    ['http://api.bfl.ai/v1/get_result?id=1'],
    ['https://169.254.169.254/latest'],
    ['file:///etc/passwd'],
    ['not an address'],
  ])('the credential is not taken to %s', async (url) => {
    const connection = connectTo([{ body: { ...ACCEPTED, polling_url: url } }], BASE)
    await expect(bfl.image!.start(call(), connection)).rejects.toMatchObject({
      code: 'invalid_output',
      retryable: false,
    })
    // It was the right one when the task began: that says nothing of the task.
    const polled = await pollWith({}, {}, { pollingUrl: url })
    await expect(polled.outcome).rejects.toMatchObject({ code: 'permission' })
    expect(polled.connection.sent).toEqual([])
  })

  test('the configured address is trusted, too', async () => {
    const here = { baseUrl: 'http://127.0.0.1:4000' }
    const pollingUrl = 'http://127.0.0.1:4000/v1/get_result?id=1'
    const { connection, outcome } = await pollWith(ready({ sample: SAMPLE }), here, { pollingUrl })
    expect((await outcome).status).toBe('done')
    expect(connection.sent[0]).toMatchObject({ url: pollingUrl, headers: { 'x-key': 'secret-credential' } })
  })

  test.each([
    ['no handle', { body: { id: 'task-1' } }],
    ['no JSON', { body: 'accepted' }],
  ])('%s is invalid_output', async (_, scripted) => {
    await expect(submit([scripted]).outcome).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('asking', () => {
  test('the result has the warnings, the price and the megapixels of the start', async () => {
    const { operation } = await submit([{ body: ACCEPTED }], { steps: 20 }).outcome
    const connection = connectTo([ready({ sample: SAMPLE, seed: 42, prompt: 'a long pier' })], BASE)
    expect(await bfl.image!.poll!(stored(operation), connection)).toEqual({
      status: 'done',
      media: [{ url: SAMPLE, mediaType: 'image/png', seed: 42, revisedPrompt: 'a long pier' }],
      usage: { images: 1, megapixels: 2 },
      providerCost: 45_000_000n,
      warnings: [expect.stringContaining('(steps)')],
      upstreamRequestId: 'task-1',
    })
    expect(connection.sent[0]).toMatchObject({ url: POLLING_URL, headers: { 'x-key': 'secret-credential' } })
  })

  test('the price of the result wins over that of the start', async () => {
    const { outcome } = await pollWith({ body: { id: 'task-1', status: 'Ready', result: { sample: SAMPLE }, cost: 6 } })
    expect((await outcome).providerCost).toBe(60_000_000n)
  })

  test.each([
    ['Pending', 0.25, 0.25],
    ['Pending', 60, 0.6],
    ['Reasoning', null, undefined],
    ['Generating', undefined, undefined],
    ['Queued', -1, undefined],
    ['constructor', 'half', undefined],
  ])('%s with progress %s is on its way', async (status, progress, expected) => {
    const { outcome } = await pollWith({ body: { id: 'task-1', status, progress, result: null } })
    const pending = (await outcome) as MediaPending
    expect(pending).toMatchObject({ status: 'pending', pollAfterMs: 1000, providerCost: 45_000_000n })
    expect(pending.progress).toBe(expected)
    expect(stored(pending.operation)).toMatchObject({ id: 'task-1', pollingUrl: POLLING_URL, providerCost: '45000000' })
  })

  test.each([
    ['Request Moderated', 'content_policy', false],
    ['Content Moderated', 'content_policy', false],
    ['Error', 'upstream_error', true],
    ['Failed', 'upstream_error', true],
    ['Task not found', 'not_found', false],
  ])('%s is %s, with whatever HTTP status it comes', async (status, code, retryable) => {
    const body = { id: 'task-1', status, result: null, details: { 'Moderation Reasons': ['Celebrity'] } }
    for (const http of [200, 404, 503]) {
      const { outcome } = await pollWith({ status: http, body })
      await expect(outcome).rejects.toMatchObject({
        code,
        retryable,
        upstreamCode: status,
        upstreamStatus: http,
        upstreamRequestId: 'task-1',
        message: expect.stringContaining('Celebrity'),
      })
    }
  })

  test('a finished task without a result is not a success', async () => {
    const { outcome } = await pollWith(ready({}))
    await expect(outcome).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
  })

  test('a result whose URL does not tell its type is of the type that was asked for', async () => {
    const { operation } = await submit([{ body: ACCEPTED }], { outputFormat: 'webp' }).outcome
    const connection = connectTo([ready({ sample: 'https://delivery.bfl.ai/results/1' })], BASE)
    expect(await bfl.image!.poll!(operation, connection)).toMatchObject({ media: [{ mediaType: 'image/webp' }] })
  })

  test('an operation of somebody else is refused', async () => {
    const connection = connectTo([], BASE)
    await expect(bfl.image!.poll!({ statusUrl: 'https://queue.fal.run' }, connection)).rejects.toMatchObject({
      code: 'internal',
    })
  })
})

describe('video', () => {
  test('is handed in and asked for in the same way, and counted in seconds', async () => {
    const connection = connectTo([{ body: { id: 'v', polling_url: POLLING_URL, cost: 85 } }], BASE)
    const video = { model: 'flux-3-video', prompt: 'waves', seconds: 5 }
    const { operation } = (await bfl.video!.start(video, connection)) as MediaPending
    expect(connection.sent[0]!.url).toBe('https://api.bfl.ai/v1/flux-3-video')
    const done = connectTo([ready({ sample: 'https://delivery.bfl.ai/results/v' })], BASE)
    expect(await bfl.video!.poll!(stored(operation), done)).toMatchObject({
      media: [{ mediaType: 'video/mp4' }],
      usage: { seconds: 5 },
      providerCost: 850_000_000n,
    })
  })
})

describe('errors', () => {
  const detail = [{ loc: ['body', 'width'], msg: 'Input should be a multiple of 32', type: 'multiple_of' }]

  test.each<[number, Scripted['body'], string, Record<string, unknown>]>([
    [400, { detail: 'Bad request' }, 'invalid_input', {}],
    [402, { detail: 'Insufficient credits' }, 'billing', { retryable: false }],
    [403, { detail: 'Not authenticated - Invalid Authentication' }, 'authentication', { retryable: false }],
    [403, '', 'authentication', {}],
    [404, { detail: 'Not Found' }, 'model_not_found', {}],
    [422, { detail }, 'invalid_input', { param: 'width', message: 'bfl: width: Input should be a multiple of 32' }],
    [429, { detail: 'Too many active tasks' }, 'rate_limit', { retryable: true, retryAfterMs: undefined }],
    [
      429,
      { error: 'rate_limited', message: 'Slow down', retry_after: 12 },
      'rate_limit',
      { retryAfterMs: 12_000, upstreamCode: 'rate_limited', message: 'bfl: Slow down' },
    ],
    [500, 'Internal Server Error', 'upstream_error', { retryable: true }],
    [503, '<html><title>503 Service Unavailable</title></html>', 'overloaded', { retryable: true }],
  ])('%i %o', async (status, body, code, more) => {
    await expect(submit([{ status, body }]).outcome).rejects.toMatchObject({ code, upstreamStatus: status, ...more })
    const { outcome } = await pollWith({ status, body })
    await expect(outcome).rejects.toMatchObject({ code, upstreamStatus: status, ...more })
  })

  test('the header says how long to wait, where there is one', async () => {
    const limited: Scripted = { status: 429, headers: { 'retry-after': '3' }, body: { retry_after: 12 } }
    await expect(submit([limited]).outcome).rejects.toMatchObject({ retryAfterMs: 3000 })
  })

  test('a redirect is not followed with the credential', async () => {
    const { connection, outcome } = await pollWith({ status: 302, headers: { location: 'https://attacker.example/' } })
    await expect(outcome).rejects.toMatchObject({ code: 'upstream_error', retryable: false })
    expect(connection.sent).toHaveLength(1)
  })
})
