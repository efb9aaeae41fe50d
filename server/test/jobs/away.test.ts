import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type OpenAI from 'openai'
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

/** The process of the database is there, and does nothing. */
async function stopDatabase() {
  const { pid } = JSON.parse(await readFile(join(world.gateway.dataDir, 'db.lock'), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGSTOP')
  return { [Symbol.dispose]: () => process.kill(pid, 'SIGCONT') }
}

/** Until the database has been silent for longer than it is waited for, more than once. */
const untilMissed = async () => {
  for (let missed = 0; missed < 3; missed += 1) {
    expect((await world.gateway.api('GET', '/api/jobs')).body.error?.code).toBe('overloaded')
  }
}

describe('while the database is away', () => {
  it('what has been ordered is waited for or named, and made once', async () => {
    const fault = { kind: 'late-success' as const, polls: 8 }
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault, times: 3 })
    const inputs = { prompt: 'A red door' }
    const picture = world.gateway.client.images.generate({ model: 'flux-2-pro', ...inputs })
    const patient = world.order({ model: 'flux-2-pro', inputs, wait: 30 })
    await waitFor(() => expect(world.generations()).toBe(2))
    const impatient = world.order({ model: 'flux-2-pro', inputs, wait: 3 })
    const all = Promise.all([picture, patient, impatient])
    await waitFor(() => expect(world.generations()).toBe(3))
    {
      using _ = await stopDatabase()
      expect((await impatient).status).toBe(503)
      await untilMissed()
    }
    const [{ data }, done, named] = await all
    expect(data).toHaveLength(1)
    expect(done).toMatchObject({ status: 200, body: { status: 'completed' } })
    const [, id] = /GET \/api\/jobs\/(\w+)/.exec(named.body.error.message)!
    expect(await world.over(id!)).toMatchObject({ state: 'succeeded' })
    expect(world.generations()).toBe(3)
  })

  it('a picture is not said to be safe to ask for again, without a name', async () => {
    using _ = await stopDatabase()
    const order = (headers = {}) =>
      world.gateway.client.images.generate({ model: 'flux-2-pro', prompt: 'A red door' }, { headers }).then(
        () => expect.unreachable(),
        (error: InstanceType<typeof OpenAI.APIError>) => error,
      )
    const refused = await order()
    expect([refused.code, refused.headers?.get('x-should-retry')]).toEqual(['overloaded', 'false'])
    const named = await order({ 'idempotency-key': 'order-4711' })
    expect([named.code, named.headers?.get('x-should-retry')]).toEqual(['overloaded', 'true'])
  })
})

it('a server that is asked to stop brings to its end what somebody waits for, and begins nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const own = await jobWorld({ env: { TURNOUT_JOBS_PER_MODEL: '1' } })
  stack.defer(() => own.close())
  own.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 3 } })
  const asked = own.gateway.client.images.generate({ model: 'flux-2-pro', prompt: 'A red door' })
  await waitFor(() => expect(own.generations()).toBe(1))
  const { body } = await own.order({ model: 'flux-2-pro', inputs: { prompt: 'A green door' }, wait: 0 })
  expect(body.data.state).toBe('queued')
  const [answer] = await Promise.all([asked, own.gateway.server.close()])
  expect(answer.data).toHaveLength(1)
  expect(own.generations()).toBe(1)
})
