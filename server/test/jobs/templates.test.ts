import type { Job } from '@turnout/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiBody } from '../gateway.ts'
import { type JobWorld, jobWorld } from './world.ts'

let world: JobWorld
beforeAll(async () => {
  world = await jobWorld({ doubles: { pendingPolls: 0 } })
})
afterAll(() => world.close())

const run = (id: string, body: object, key?: string, headers = {}) =>
  world.gateway.api('POST', `/api/templates/${id}`, body, key, headers)

/** Keeps a picture as an upload of a key. */
async function upload(key: string): Promise<string> {
  const image = { width: 8, height: 8, channels: 3, background: 'red' } as const
  const response = await fetch(`${world.gateway.url}/api/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'image/png' },
    body: new Uint8Array(await sharp({ create: image }).png().toBuffer()),
  })
  return ((await response.json()) as ApiBody).data.id
}

it('draws the exact words over what was made, and keeps both', async () => {
  const { body: refused } = await run('discount-banner', { variables: { product: 'a red kettle' } })
  expect((refused.error.details as { path: string }[]).map(({ path }) => path)).toEqual([
    'variables.discount',
    'variables.headline',
  ])
  const variables = { product: 'a red kettle', discount: '−30 %', headline: 'Winter sale' }
  const { status, body } = await run('discount-banner', { variables, model: 'flux-2-pro', wait: 25 })
  expect([status, body.error]).toEqual([200, undefined])
  const job: Job = body.data
  expect(job).toMatchObject({ state: 'succeeded', template: { id: 'discount-banner' } })
  expect(job.outputs).toHaveLength(2)
  const [composed, original] = job.outputs
  expect([composed!.composedOf, original!.composedOf]).toEqual([original!.artifactId, null])
  expect(composed!.sha256).not.toBe(original!.sha256)
  const bytes = Buffer.from(await (await fetch(composed!.url)).arrayBuffer())
  expect(await sharp(bytes).metadata()).toMatchObject({ width: composed!.width, height: composed!.height })
  expect(world.generations()).toBe(1)
})

it('draws what its key may see, and pays for nothing that cannot be drawn', async () => {
  const { secret } = (await world.gateway.api('POST', '/api/keys', { name: 'a user', role: 'user' })).body.data
  const variables = { headline: 'Hello', logo: await upload(secret) }
  // An admin may name the files of every key.
  const byAdmin = await run('billboard', { variables, model: 'flux-2-pro', wait: 25 })
  expect(byAdmin.body.data).toMatchObject({ state: 'succeeded', warnings: [], outputs: [{}, {}] })
  world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' }, times: 1 })
  const { body } = await run('billboard', { variables, model: 'flux-2-pro', wait: 25 }, secret)
  expect(body.data.state).toBe('failed')
  await world.gateway.api('DELETE', `/api/files/${variables.logo}`, undefined, secret)
  const before = world.generations()
  const again = await world.gateway.api('POST', `/api/jobs/${body.data.id}/retry`, {}, secret)
  const error = { code: 'invalid_input', message: expect.stringContaining(variables.logo) }
  expect(await world.over(again.body.data.id)).toMatchObject({ state: 'failed', error, cost: { settled: '0' } })
  expect(world.generations()).toBe(before)
})

it('leads to the same job by the same Idempotency-Key, whatever has become of the template', async () => {
  await world.gateway.api('POST', '/api/templates/billboard/copy', { id: 'mine' })
  const order = (headline: string) =>
    run('mine', { variables: { headline }, model: 'flux-2-pro', wait: 25 }, undefined, { 'idempotency-key': 'card-1' })
  const first = await order('Hello')
  await world.gateway.api('DELETE', '/api/templates/mine')
  const again = await order('Hello')
  expect([again.status, again.body.data.id]).toEqual([200, first.body.data.id])
  expect((await order('Bye')).status).toBe(409)
})
