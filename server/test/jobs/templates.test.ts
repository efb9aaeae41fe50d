import type { Job } from '@turnout/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type JobWorld, jobWorld } from './world.ts'

let world: JobWorld
beforeAll(async () => {
  world = await jobWorld({ doubles: { pendingPolls: 0 } })
})
afterAll(() => world.close())

const run = (id: string, body: object) => world.gateway.api('POST', `/api/templates/${id}`, body)

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
