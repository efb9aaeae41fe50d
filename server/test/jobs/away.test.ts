import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { isOver, type JobWorld, jobWorld, waitFor } from './world.ts'

let world: JobWorld
let folder: string
let database: Database
beforeAll(async () => {
  world = await jobWorld({ doubles: { pendingPolls: 0 } })
  const { dataDir, client } = world.gateway
  folder = join(dataDir, 'artifacts')
  database = await openDatabase({ dataDir })
  await client.images.generate({ model: 'flux-2-pro', prompt: 'The first makes the folder' })
  world.emulator.reset()
})
afterAll(async () => {
  await database.close()
  await world.close()
})
afterEach(() => world.emulator.reset())

/** Where the storage was there is a file now, in which nothing can be kept. */
async function takeStorage() {
  await rename(folder, `${folder}-away`)
  await writeFile(folder, '')
  return {
    async [Symbol.asyncDispose]() {
      await rm(folder)
      await rename(`${folder}-away`, folder)
    },
  }
}

/** How often the newest job has been tried in its step. */
const tries = async () =>
  (await database.sql.selectFrom('jobs').select('tries').orderBy('created_at', 'desc').executeTakeFirstOrThrow()).tries

describe('while the storage is away', () => {
  it('a picture that a client waits for is tried until it can be kept', async () => {
    let answer: Promise<{ data?: unknown[] }>
    {
      await using _ = await takeStorage()
      answer = world.gateway.client.images.generate({ model: 'flux-2-pro', prompt: 'A red door' })
      // More often than where it is the provider that has lost it.
      await waitFor(async () => expect(await tries()).toBeGreaterThan(3), 40_000)
    }
    expect((await answer).data).toHaveLength(1)
    expect(world.generations()).toBe(1)
  })

  it.each(['flux-2-pro', 'stable-image-core'])('a job waits, and is done when it is back: %s', async (model) => {
    let id: string
    {
      await using _ = await takeStorage()
      id = (await world.order({ model, inputs: { prompt: 'A red door' }, wait: 0 })).body.jobId
      await waitFor(() => expect(world.generations()).toBe(1))
      expect(isOver(await world.job(id))).toBe(false)
    }
    expect(await world.over(id)).toMatchObject({ state: 'succeeded', outputs: [expect.anything()] })
    expect(world.generations()).toBe(1)
  })
})
