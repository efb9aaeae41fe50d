import { randomBytes } from 'node:crypto'
import type { Artifact, Job } from '@turnout/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type JobWorld, jobWorld } from './world.ts'

let world: JobWorld
beforeAll(async () => {
  world = await jobWorld({ doubles: { pendingPolls: 0 } })
})
afterAll(() => world.close())

const model = 'flux-2-pro'
const prompt = 'A red door'
const SIDE = 160

const carried = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`
/** Noise stays as large as it is. */
const noise = () => randomBytes(SIDE * SIDE * 3)
const picture = () =>
  sharp(noise(), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer()
const uploads = async (): Promise<Artifact[]> =>
  (await world.gateway.api('GET', '/api/artifacts?kind=upload')).body.data

describe('a picture that a request carries', () => {
  it('is kept as an upload and named, so that the job and its parts do not carry it', async () => {
    const input_image = carried(await picture())
    const { body } = await world.order({ model, inputs: { prompt, input_image }, options: { num_images: 2 } })
    expect(body.status).toBe('completed')
    const { input_image: id } = body.data.inputs
    expect(id).toMatch(/^file_\w+$/)
    const sent = world.emulator
      .requests()
      .flatMap(({ body }) => (body as { input_image?: string } | undefined)?.input_image ?? [])
    expect(sent.map((text) => input_image.endsWith(text))).toEqual([true, true])
    expect(await uploads()).toMatchObject([{ id, width: SIDE }])
  })

  it('is refused by its name where it is none', async () => {
    const { status, body } = await world.order({ model, inputs: { prompt, input_image: carried(noise()) } })
    expect([status, body.error.message]).toEqual([400, expect.stringMatching(/^inputs.input_image must be a PNG/)])
  })

  it('is kept once for all members of a comparison', async () => {
    const before = await uploads()
    const inputs = { input_image: carried(await picture()) }
    const order = { prompt, kind: 'image', models: [model, 'flux-2-max'], inputs }
    const { body } = await world.gateway.api('POST', '/api/compare', order)
    const named = body.data.jobs.map((job: Job) => job.inputs.input_image)
    expect(named).toHaveLength(2)
    expect(new Set(named).size).toBe(1)
    expect(await uploads()).toHaveLength(before.length + 1)
  })
})
