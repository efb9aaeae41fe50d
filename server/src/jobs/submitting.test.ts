import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import { LeaseLost } from './lease.ts'
import { JobStore, type NewJob } from './store.ts'
import { Transitions } from './transitions.ts'
import type { JobRow, Placement, Prepared } from './types.ts'

const ORDER: NewJob = {
  kind: 'image',
  model: 'a-painter',
  keyId: 'key_a',
  userId: null,
  requestId: 'req_1',
  request: { inputs: { prompt: 'A red door' }, options: {} },
  requestHash: 'x',
  idempotencyKey: null,
  metadata: {},
  priority: 0,
  setId: null,
  place: 0,
  retryOf: null,
  webhook: null,
  deadlineMs: 60_000,
  warnings: [],
  quoted: null,
  parts: [],
}
const PLACEMENT = { deployment: 'a-painter', provider: 'bfl', upstreamModel: 'a', emulated: false } as Placement
const PREPARED = { payloadHash: 'x', quoted: 1n, mapped: [] } as unknown as Prepared

describe.each(KINDS)('what is written down before a request goes out, on the %s database', (kind) => {
  let world: TestDatabase
  let store: JobStore
  let transitions: Transitions
  beforeAll(async () => {
    world = await testDatabase(kind)
    store = new JobStore(world.db)
    transitions = new Transitions(world.db, 'a-process', async () => {})
  })
  afterAll(() => world.close())

  /** A job that this process holds. */
  async function held(): Promise<JobRow> {
    const { jobs } = await store.create([ORDER])
    const { id } = jobs[0]!
    await world.db.sql.updateTable('jobs').set({ lease_owner: 'a-process' }).where('id', '=', id).execute()
    return (await store.find(id))!
  }
  const submit = (job: JobRow, id: string, number = 1, again = false) =>
    transitions.submitting(job, { id, number }, PLACEMENT, PREPARED, again)

  test('is there once, also where the answer to the first commit was lost', async () => {
    const job = await held()
    const first = await submit(job, 'att_1')
    const again = await submit(job, 'att_1', 1, true)
    expect([again.job.state, again.job.sequence]).toEqual(['running', first.job.sequence])
    expect(again.attempt).toEqual(first.attempt)
    expect(await store.attemptsOf(job.id)).toHaveLength(1)
  })

  test('is refused beside an attempt that is still open, even to the same process', async () => {
    const job = await held()
    await submit(job, 'att_2')
    await expect(submit(job, 'att_3', 2)).rejects.toThrow(LeaseLost)
    expect(await store.attemptsOf(job.id)).toHaveLength(1)
  })

  test('is refused to whoever does not hold the job', async () => {
    const job = await held()
    const stranger = new Transitions(world.db, 'another-process', async () => {})
    await expect(stranger.submitting(job, { id: 'att_4', number: 1 }, PLACEMENT, PREPARED)).rejects.toThrow(LeaseLost)
    expect(await store.attemptsOf(job.id)).toEqual([])
  })
})
