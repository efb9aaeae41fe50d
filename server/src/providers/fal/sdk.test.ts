import { createFalClient } from '@fal-ai/client'
import { expect, test } from 'vitest'
import type { ImageCall, MediaPending } from '../../core/media.ts'
import { fal } from '../fal.ts'
import { connectTo, type Sent } from '../testing/connection.ts'

/** fal's own client as the measure: what it sends for the same input. */
interface Asked {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
}

const ROOT = 'https://queue.fal.run/fal-ai/flux/requests/req-1'
const ANSWER = { request_id: 'req-1', status_url: `${ROOT}/status`, response_url: ROOT, cancel_url: `${ROOT}/cancel` }

function client(answers: unknown[]) {
  const asked: Asked[] = []
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    asked.push({
      method: (init?.method ?? 'GET').toUpperCase(),
      url: String(url),
      headers,
      body: init?.body ? (JSON.parse(String(init.body)) as unknown) : undefined,
    })
    return Response.json(answers[asked.length - 1])
  }
  return {
    asked,
    client: createFalClient({ credentials: 'secret-credential', fetch: fetch as typeof globalThis.fetch }),
  }
}

const asAsked = ({ method = 'GET', url, headers = {}, body }: Sent): Asked => ({
  method,
  url,
  headers,
  body: body ? (JSON.parse(String(body)) as unknown) : undefined,
})

const connect = (answers: unknown[], settings = {}) =>
  connectTo(
    answers.map((body) => ({ body: body as Record<string, unknown> })),
    { provider: 'fal', baseUrl: 'https://queue.fal.run', settings },
  )

/** The headers that mean something to fal. */
const meant = ({ headers }: Asked) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(authorization|content-type|x-fal-.*)$/.test(name)))

test('a request, with priority and deadline', async () => {
  const { asked, client: sdk } = client([ANSWER])
  const input = {
    prompt: 'a fox',
    image_size: { width: 800, height: 608 },
    seed: 7,
    num_images: 2,
    num_inference_steps: 20,
    guidance_scale: 3,
  }
  await sdk.queue.submit('fal-ai/flux/dev', { input, priority: 'low', startTimeout: 30 })
  const call: ImageCall = {
    model: 'fal-ai/flux/dev',
    prompt: 'a fox',
    size: { width: 800, height: 608 },
    seed: 7,
    count: 2,
    steps: 20,
    guidanceScale: 3,
  }
  const connection = connect([ANSWER], { queuePriority: 'low', startTimeoutSeconds: 30 })
  await fal.image!.start(call, connection)
  const ours = asAsked(connection.sent[0]!)
  const theirs = asked[0]!
  expect([ours.method, ours.url, ours.body]).toEqual([theirs.method, theirs.url, theirs.body])
  expect(meant(ours)).toEqual(meant(theirs))
})

test('status, result and cancellation', async () => {
  const output = { images: [{ url: 'https://fal.media/a.png' }] }
  const { asked, client: sdk } = client([{ status: 'COMPLETED' }, output, {}])
  await sdk.queue.status('fal-ai/flux/dev', { requestId: 'req-1', logs: true })
  await sdk.queue.result('fal-ai/flux/dev', { requestId: 'req-1' })
  await sdk.queue.cancel('fal-ai/flux/dev', { requestId: 'req-1' })

  const connection = connect([ANSWER, { status: 'COMPLETED' }, output, {}])
  const { operation } = (await fal.image!.start(
    { model: 'fal-ai/flux/dev', prompt: 'a fox', count: 1 },
    connection,
  )) as MediaPending
  await fal.image!.poll!(operation, connection)
  await fal.image!.cancel!(operation, connection)
  const ours = connection.sent.slice(1).map(asAsked)
  expect(ours.map(({ method, url }) => [method, url])).toEqual(asked.map(({ method, url }) => [method, url]))
  expect(ours.map(({ headers }) => headers.authorization)).toEqual(asked.map(({ headers }) => headers.authorization))
})
