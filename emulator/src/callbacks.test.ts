import { createHash, createHmac, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { MadeCallback } from './callbacks.ts'
import { type Emulator, startEmulator } from './server.ts'

let emulator: Emulator
beforeEach(async () => {
  emulator = await startEmulator({ pendingPolls: 100 })
})
afterEach(() => emulator.close())

/** Nobody listens there: what was sent is remembered all the same. */
const WEBHOOK = 'http://127.0.0.1:9/hook?attempt=1'
const post = (url: string, headers: object, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const made = (): Promise<MadeCallback> => vi.waitFor(() => emulator.callbacks()[0] ?? expect.fail('none yet'))

const submitToFal = (input: object) =>
  post(
    `${emulator.baseUrl('fal')}/fal-ai/flux/dev?fal_webhook=${encodeURIComponent(WEBHOOK)}`,
    { authorization: 'Key a:b' },
    input,
  )

test("fal's is signed by a key of its published set, and its work is done without a poll", async () => {
  const { request_id: id, status_url: url } = (await (await submitToFal({ prompt: 'x' })).json()) as Record<
    string,
    string
  >
  const { url: called, headers, body, status } = await made()
  expect([called, status]).toEqual([WEBHOOK, undefined])
  expect(JSON.parse(body)).toMatchObject({ request_id: id, status: 'OK', payload: { images: [{}] } })
  const { keys } = (await (await fetch(`${emulator.baseUrl('fal')}/.well-known/jwks.json`)).json()) as {
    keys: object[]
  }
  const parts = ['request-id', 'user-id', 'timestamp'].map((name) => headers[`x-fal-webhook-${name}`])
  const message = [...parts, createHash('sha256').update(body).digest('hex')].join('\n')
  const key = createPublicKey({ key: keys[0] as JsonWebKey, format: 'jwk' })
  const signature = Buffer.from(headers['x-fal-webhook-signature']!, 'hex')
  expect(verify(null, Buffer.from(message), key, signature)).toBe(true)
  const state = await (await fetch(url!, { headers: { authorization: 'Key a:b' } })).json()
  expect(state).toMatchObject({ status: 'COMPLETED' })
})

test('a failure is told as one', async () => {
  emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'moderated' } })
  await submitToFal({ prompt: 'x' })
  expect(JSON.parse((await made()).body)).toMatchObject({ status: 'ERROR', payload: { detail: [{}] } })
})

test("BFL's is signed with the secret, also where the answer was lost", async () => {
  emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'reset', billed: true } })
  const body = { prompt: 'x', webhook_url: WEBHOOK, webhook_secret: 'shared' }
  await expect(post(`${emulator.baseUrl('bfl')}/v1/flux-2-pro`, { 'x-key': 'k' }, body)).rejects.toThrow()
  const callback = await made()
  expect(JSON.parse(callback.body)).toMatchObject({ id: expect.any(String), status: 'Ready' })
  const signature = createHmac('sha256', 'shared').update(callback.body).digest('hex')
  expect(callback.headers['x-bfl-signature']).toBe(`sha256=${signature}`)
})

test('work that takes its time calls nobody', async () => {
  emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'late-success', polls: 5 } })
  await submitToFal({ prompt: 'first' })
  await submitToFal({ prompt: 'second' })
  await made()
  expect(emulator.callbacks()).toHaveLength(1)
})
