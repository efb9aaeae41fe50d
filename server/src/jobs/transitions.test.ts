import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import { Claims } from './claim.ts'
import { LeaseLost } from './lease.ts'
import { pruneJobs } from './prune.ts'
import { JobStore, type NewJob } from './store.ts'
import { type Announcer, Transitions } from './transitions.ts'
import type { Executor, JobRow, Placement, Prepared } from './types.ts'
import { insertEvent } from './webhooks/enqueue.ts'

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
const PLACEMENT: Placement = {
  deployment: 'a-painter',
  provider: 'bfl',
  upstreamModel: 'a',
  emulated: false,
  assignment: undefined,
  limits: { provider: 100, deployment: 100, key: 2 },
}
const NOBODY: Announcer = { isHeard: () => sql<boolean>`false`, announce: async () => {} }
const PREPARED = { payloadHash: 'x', quoted: 1n, mapped: [] } as unknown as Prepared

const MADE = { state: 'succeeded', usage: { images: 1 }, cost: 5n, reported: 5n, made: true } as const
const LOST = { state: 'unknown', usage: {}, cost: null } as const

describe.each(KINDS)('on the %s database', (kind) => {
  let world: TestDatabase
  let store: JobStore
  let transitions: Transitions
  beforeAll(async () => {
    world = await testDatabase(kind)
    store = new JobStore(world.db)
    transitions = new Transitions(world.db, 'a-process', NOBODY)
  })
  beforeEach(() => world.db.sql.deleteFrom('jobs').execute())
  afterAll(() => world.close())

  const hold = (id: string) =>
    world.db.sql.updateTable('jobs').set({ lease_owner: 'a-process' }).where('id', '=', id).execute()

  /** A job that this process holds. */
  async function held(): Promise<JobRow> {
    const { jobs } = await store.create([ORDER])
    const { id } = jobs[0]!
    await hold(id)
    return (await store.find(id))!
  }
  const submit = (job: JobRow, id: string, number = 1, again = false) =>
    transitions.submitting(job, { id, number }, PLACEMENT, PREPARED, again)

  /** What was booked for an attempt, and what the ledger says of it. */
  async function books(id: string) {
    const charges = await world.db.sql
      .selectFrom('job_charges')
      .select(['kind', 'amount_nano'])
      .where('attempt_id', '=', id)
      .orderBy('created_at')
      .execute()
    const { outcome, cost_nano } = await world.db.sql
      .selectFrom('attempts')
      .select(['outcome', 'cost_nano'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return { charges: charges.map(({ kind, amount_nano }) => [kind, amount_nano]), outcome, cost: cost_nano }
  }

  describe('what is written down before a request goes out', () => {
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
      const stranger = new Transitions(world.db, 'another-process', NOBODY)
      await expect(stranger.submitting(job, { id: 'att_4', number: 1 }, PLACEMENT, PREPARED)).rejects.toThrow(LeaseLost)
      expect(await store.attemptsOf(job.id)).toEqual([])
    })
  })

  test('what a provider says on the way is kept whatever characters it has', async () => {
    const { job, attempt } = await submit(await held(), 'att_5')
    const said = 'a\0b\ud800c'
    const pending = { operation: {}, pollAfterMs: 1, logs: [said] }
    await transitions.progressed(job, attempt, { status: 'pending', ...pending }, 1)
    await hold(job.id)
    await transitions.later(job, 1, { reason: 'retry', detail: said })
    await hold(job.id)
    const error = { code: 'upstream_error', message: said } as const
    await transitions.finished(
      job,
      { state: 'failed', error },
      { row: attempt, end: { ...MADE, state: 'failed', error } },
    )
    expect(await store.find(job.id)).toMatchObject({ error: { message: said } })
    expect((await store.eventsAfter(job.id, 0)).map(({ type, data }) => [type, data.logs])).toEqual([
      ['job.queued', undefined],
      ['job.running', undefined],
      ['job.progress', [said]],
      ['job.waiting', undefined],
      ['job.failed', undefined],
    ])
  })

  describe('the end of a job', () => {
    test('is written down once, with what it came to', async () => {
      const { job, attempt } = await submit(await held(), 'att_10')
      const end = { row: attempt, end: MADE }
      const heard: unknown[] = []
      const heeded = new Transitions(world.db, 'a-process', NOBODY, (...what) => heard.push(what))
      const over = await heeded.finished(job, { state: 'succeeded', warnings: ['a word'] }, end)
      // Whoever hears of it need not read it.
      expect(heard).toEqual([[await store.find(job.id), await store.attemptsOf(job.id)]])
      expect(over).toMatchObject({ state: 'succeeded', settled_nano: 5n, reported_nano: 5n, warnings: ['a word'] })
      expect(over).toEqual(await store.find(job.id))
      expect([over!.lease_owner, over!.wake_at]).toEqual([null, null])
      const booked = {
        charges: [
          ['reserve', 1n],
          ['settle', 5n],
        ],
        outcome: 'succeeded',
        cost: 5n,
      }
      expect(await books('att_10')).toEqual(booked)
      const [row] = await store.attemptsOf(job.id)
      expect(row).toMatchObject({ state: 'succeeded', accepted_at: expect.any(Date), finished_at: expect.any(Date) })
      await expect(transitions.finished(job, { state: 'failed' }, end)).rejects.toThrow(LeaseLost)
      expect(await books('att_10')).toEqual(booked)
      const events = await store.eventsAfter(job.id, 0)
      expect(events.map(({ type }) => type)).toEqual(['job.queued', 'job.running', 'job.succeeded'])
    })

    test('that nobody knew is reconciled when it is known', async () => {
      const { job, attempt } = await submit(await held(), 'att_11')
      const lost = await transitions.finished(job, { state: 'unknown' }, { row: attempt, end: LOST }, 1_000)
      expect(lost).toMatchObject({ state: 'unknown', step: 'reconcile', settled_nano: null })
      await hold(job.id)
      // Nothing was learnt by another look.
      await transitions.finished(lost!, { state: 'unknown' }, { row: attempt, end: LOST }, 1_000)
      await hold(job.id)
      const found = await transitions.finished(lost!, { state: 'succeeded' }, { row: attempt, end: MADE })
      expect(found).toMatchObject({ state: 'succeeded', settled_nano: 5n })
      const charges = [
        ['reserve', 1n],
        ['settle', null],
        ['reconcile', 5n],
      ]
      expect(await books('att_11')).toEqual({ charges, outcome: 'succeeded', cost: 5n })
    })

    test('is not unknown where the provider has called back meanwhile', async () => {
      const { job, attempt } = await submit(await held(), 'att_12')
      const pending = { status: 'pending', operation: { id: 'x' }, pollAfterMs: 0 } as const
      expect(await transitions.accepted(attempt, pending as never, 'callback')).toBe(true)
      expect(await transitions.finished(job, { state: 'unknown' }, { row: attempt, end: LOST })).toBeUndefined()
      expect(await store.find(job.id)).toMatchObject({ state: 'running', step: 'poll' })
    })

    test('sums up all attempts', async () => {
      const first = await submit(await held(), 'att_13')
      const next = { waitMs: 0, sameDeployment: false, waiting: null }
      await transitions.goesOn(first.job, first.attempt, { ...MADE, state: 'refused', cost: 2n }, next)
      await hold(first.job.id)
      const second = await submit(first.job, 'att_14', 2)
      const over = await transitions.finished(second.job, { state: 'failed' }, { row: second.attempt, end: MADE })
      expect(over).toMatchObject({ settled_nano: 7n, usage: { images: 2 } })
    })

    test.each([true, false])(
      'is told in the same transaction where somebody wants to hear of it: %s',
      async (wanted) => {
        const { job, attempt } = await submit(await held(), `att_15_${wanted}`)
        const told: string[] = []
        const announcer: Announcer = {
          isHeard: () => sql<boolean>`${wanted}::boolean`,
          announce: async (db, { state }) => {
            told.push(`${state} ${db.isTransaction}`)
          },
        }
        const telling = new Transitions(world.db, 'a-process', announcer)
        await telling.finished(job, { state: 'succeeded' }, { row: attempt, end: MADE })
        expect(told).toEqual(wanted ? ['succeeded true'] : [])
        expect(await books(attempt.id)).toMatchObject({ outcome: 'succeeded' })
      },
    )
  })

  describe('a new job', () => {
    const executor = { place: () => PLACEMENT } as unknown as Executor
    const order = async (change: Partial<NewJob> = {}) => {
      const claims = new Claims(world.db, executor, 'a-process')
      const job = { ...ORDER, ...change }
      const { jobs } = await store.create([job], claims.startOf(job))
      return jobs[0]!
    }

    test('is begun with its being stored while the limits leave room', async () => {
      const begun = await order()
      expect(begun).toMatchObject({
        state: 'queued',
        lease_owner: 'a-process',
        deployment: 'a-painter',
        provider: 'bfl',
      })
      expect(begun.lease_until!.getTime()).toBeGreaterThan(begun.created_at.getTime())
      expect(await order()).toMatchObject({ lease_owner: 'a-process' })
      // The key may run two.
      expect(await order()).toMatchObject({ lease_owner: null, lease_until: null, deployment: null, provider: null })
    })

    test('waits behind those that wait', async () => {
      await store.create([{ ...ORDER, keyId: 'key_b' }])
      expect(await order()).toMatchObject({ lease_owner: null })
    })
  })

  describe('jobs that were over long ago', () => {
    /** A job of ten days ago, in that state, with one attempt. */
    async function aged(id: string, state: JobRow['state'], change: Partial<NewJob> = {}) {
      const { jobs } = await store.create([{ ...ORDER, ...change }])
      await hold(jobs[0]!.id)
      const { job, attempt } = await submit(jobs[0]!, id)
      const end = { row: attempt, end: state === 'unknown' ? LOST : MADE }
      if (state !== 'running') await transitions.finished(job, { state: state as 'succeeded' }, end)
      const then = new Date(Date.now() - 10 * 86_400_000)
      await sql`update jobs set created_at = ${then}, finished_at = ${state === 'running' ? null : then} where id = ${job.id}`.execute(
        world.db.sql,
      )
      return job.id
    }
    const deliver = async (jobId: string, state: 'pending' | 'delivered') => {
      await insertEvent(world.db.sql, { type: 'job.succeeded', subject: jobId, keyId: 'key_a', payload: {} }, [
        { endpointId: 'whe_1', keyId: null, url: 'https://edge.example/hook', sealedSecret: null },
      ])
      await world.db.sql.updateTable('webhook_deliveries').set({ state }).where('subject', '=', jobId).execute()
    }
    const left = async () => (await world.db.sql.selectFrom('jobs').select('id').execute()).map(({ id }) => id).sort()

    test('are forgotten with all that hangs on them, but for what is still open', async () => {
      const { db } = world
      const told = await aged('att_20', 'succeeded')
      await deliver(told, 'delivered')
      await aged('att_21', 'failed')
      await aged('att_22', 'canceled')
      const untold = await aged('att_23', 'succeeded')
      await deliver(untold, 'pending')
      const unsettled = await aged('att_24', 'succeeded')
      await db.sql.deleteFrom('job_charges').where('attempt_id', '=', 'att_24').where('kind', '=', 'settle').execute()
      const kept = [await aged('att_25', 'unknown'), await aged('att_26', 'running'), untold, unsettled]
      const whole = await aged('att_27', 'succeeded')
      const part = await aged('att_28', 'succeeded')
      await db.sql.updateTable('jobs').set({ parent_id: whole }).where('id', '=', part).execute()
      await pruneJobs(db.sql, 11)
      expect(await left()).toHaveLength(kept.length + 5)
      await pruneJobs(db.sql, 9)
      expect(await left()).toEqual(kept.toSorted())
      const rows = async (table: 'job_attempts' | 'webhook_deliveries' | 'job_events') =>
        (await db.sql.selectFrom(table).selectAll().execute()).length
      expect(await rows('job_attempts')).toBe(kept.length)
      expect(await rows('webhook_deliveries')).toBe(1)
      // What they cost is known for ever.
      expect(await books('att_20').catch(() => undefined)).toMatchObject({ charges: [], cost: 5n })
    })

    test('of which a part has an unknown outcome are kept, with the part', async () => {
      const whole = await aged('att_30', 'succeeded')
      const part = await aged('att_31', 'unknown')
      await world.db.sql.updateTable('jobs').set({ parent_id: whole }).where('id', '=', part).execute()
      await pruneJobs(world.db.sql, 9)
      expect(await left()).toEqual([whole, part].sort())
    })
  })
})
