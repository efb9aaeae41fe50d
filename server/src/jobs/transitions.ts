import { isDeepStrictEqual } from 'node:util'
import type { JobWaiting } from '@turnout/contract'
import { sql } from 'kysely'
import type { MediaPending } from '../core/media.ts'
import { addCosts, addUsage } from '../core/usage.ts'
import type { Database } from '../db/database.ts'
import { reserve, settle } from './charges.ts'
import { LeaseLost } from './lease.ts'
import { finishParent, startParent } from './parts.ts'
import { change, type Db, GIVEN_BACK, inMs, json, ROOM } from './record.ts'
import type { AttemptEnd, AttemptRow, JobEnd, JobRow, Made, Placement, Prepared } from './types.ts'

/** Hears in the same transaction that a job is over, so that nothing can come between. */
export type Announce = (db: Db, job: JobRow) => Promise<void>

const UNDECIDED = ['queued', 'running'] as const
const REVISABLE = ['queued', 'running', 'unknown'] as const
/** Attempts that are, or may be, paid for and still be made: beside one there is no other. */
const OPEN = ['submitting', 'accepted', 'made', 'unknown'] as const

/**
 * The changes of jobs: each is made whole or not at all, and by the holder of
 * the lease or by nobody. What ends a step gives the lease back.
 */
export class Transitions {
  readonly #database: Database
  readonly #announce: Announce
  readonly owner: string

  constructor(database: Database, owner: string, announce: Announce) {
    this.#database = database
    this.owner = owner
    this.#announce = announce
  }

  #transact<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#database.sql.transaction().execute(work)
  }

  /**
   * Before anything is sent: from here on the attempt may have been paid for.
   * Doing it again changes nothing.
   *
   * @param again Whether a try of before may have been stored, without its answer having come.
   */
  submitting(
    job: JobRow,
    attempt: { id: string; number: number },
    placement: Placement,
    prepared: Prepared,
    again = false,
  ): Promise<{ job: JobRow; attempt: AttemptRow }> {
    return this.#transact(async (db) => {
      const guard = { owner: this.owner, from: UNDECIDED }
      if (again) {
        const there = await db.selectFrom('job_attempts').selectAll().where('id', '=', attempt.id).executeTakeFirst()
        if (there) return { job: await change(db, job.id, { state: 'running' }, guard), attempt: there }
      }
      const started = await change(
        db,
        job.id,
        {
          state: 'running',
          step: 'start',
          deployment: placement.deployment,
          provider: placement.provider,
          started_at: job.started_at ?? sql<Date>`now()`,
          waiting: null,
          progress: null,
          queue_position: null,
          mapped: json(prepared.mapped),
          quoted_nano: prepared.quoted,
          emulated: placement.emulated,
        },
        guard,
        { type: 'job.running' },
      )
      // The row of the job is locked by now: nobody else begins an attempt, whatever leases say.
      const open = await db
        .selectFrom('job_attempts')
        .select('id')
        .where('job_id', '=', job.id)
        .where('state', 'in', OPEN)
        .executeTakeFirst()
      if (open !== undefined) throw new LeaseLost(job.id)
      const row = await db
        .insertInto('job_attempts')
        .values({
          id: attempt.id,
          job_id: job.id,
          number: attempt.number,
          deployment: placement.deployment,
          provider: placement.provider,
          upstream_model: placement.upstreamModel,
          state: 'submitting',
          payload_hash: prepared.payloadHash,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      await startParent(db, job)
      await reserve(db, job, attempt, placement, prepared.quoted)
      return { job: started, attempt: row }
    })
  }

  /**
   * The provider has accepted the work. That holds whoever hears of it and
   * however late: also after the lease was lost, or from the provider's
   * callback when the answer itself was lost. The answer itself says more than
   * a callback and wins over it.
   */
  accepted(
    attempt: Pick<AttemptRow, 'id' | 'job_id'>,
    pending: MediaPending,
    from: 'answer' | 'callback' = 'answer',
  ): Promise<boolean> {
    return this.#transact(async (db) => {
      const taken = await db
        .updateTable('job_attempts')
        .set({
          state: 'accepted',
          operation: json(pending.operation),
          accepted_at: sql<Date>`now()`,
          finished_at: null,
          error: null,
          upstream_request_id: pending.upstreamRequestId ?? null,
          reported_nano: pending.providerCost ?? null,
          // What is told on the way holds at the end.
          result: pending.warnings && pending.warnings.length > 0 ? json({ warnings: pending.warnings }) : null,
        })
        .where('id', '=', attempt.id)
        .where('state', 'in', from === 'answer' ? ['submitting', 'unknown', 'accepted'] : ['submitting', 'unknown'])
        .returning('id')
        .executeTakeFirst()
      if (taken === undefined) return false
      await db
        .updateTable('attempts')
        .set({ outcome: 'running', error_code: null })
        .where('id', '=', attempt.id)
        .execute()
      await change(
        db,
        attempt.job_id,
        {
          ...progressOf(pending),
          state: 'running',
          step: 'poll',
          wake_at: inMs(pending.pollAfterMs),
          finished_at: null,
          error: null,
          tries: 0,
          ...(pending.providerCost !== undefined && { reported_nano: pending.providerCost }),
          ...(from === 'answer' && GIVEN_BACK),
        },
        { from: ['running', 'unknown'] },
        { ...told('job.progress', pending), work: '' },
      )
      return true
    })
  }

  /** It is still being worked on there. */
  async progressed(job: JobRow, attempt: AttemptRow, pending: MediaPending, waitMs: number): Promise<void> {
    // Providers may give the work another handle on the way.
    if (!isDeepStrictEqual(pending.operation, attempt.operation)) {
      const operation = json(pending.operation)
      await this.#database.sql.updateTable('job_attempts').set({ operation }).where('id', '=', attempt.id).execute()
    }
    await change(
      this.#database.sql,
      job.id,
      {
        ...progressOf(pending),
        ...GIVEN_BACK,
        wake_at: inMs(waitMs),
        tries: 0,
        ...(pending.providerCost !== undefined && { reported_nano: pending.providerCost }),
      },
      { owner: this.owner },
      isNews(job, pending) ? told('job.progress', pending) : undefined,
    )
  }

  /** The provider is done; its outputs have still to be copied. */
  async made(attempt: AttemptRow, made: Made): Promise<JobRow> {
    const reported = made.providerCost === undefined ? attempt.reported_nano : BigInt(made.providerCost)
    const job = await this.#database.sql
      .with('changed', (db) =>
        db
          .updateTable('jobs')
          .set({
            state: 'running',
            step: 'collect',
            wake_at: sql<Date>`now()`,
            tries: 0,
            reported_nano: reported,
            progress: null,
            queue_position: null,
            waiting: null,
          })
          .where('id', '=', attempt.job_id)
          .where('state', 'in', ['running', 'unknown'])
          .returningAll(),
      )
      .with('noted', (db) =>
        db
          .updateTable('job_attempts')
          .from('changed')
          .set({
            state: 'made',
            result: json(made),
            accepted_at: attempt.accepted_at ?? sql<Date>`now()`,
            reported_nano: reported,
            upstream_request_id: made.upstreamRequestId ?? attempt.upstream_request_id,
          })
          .where('job_attempts.id', '=', attempt.id)
          .whereRef('job_attempts.job_id', '=', 'changed.id')
          .where('job_attempts.state', 'in', ['submitting', 'accepted', 'unknown']),
      )
      .selectFrom('changed')
      .selectAll()
      .executeTakeFirst()
    if (job === undefined) throw new LeaseLost(attempt.job_id)
    return job
  }

  /** How far the copying has come. */
  async copied(attempt: AttemptRow, made: Made): Promise<void> {
    await this.#database.sql
      .updateTable('job_attempts')
      .set({ result: json(made) })
      .where('id', '=', attempt.id)
      .where('state', '=', 'made')
      .execute()
  }

  /** The same step again after a while. */
  async later(job: JobRow, waitMs: number, waiting: JobWaiting | null): Promise<void> {
    await change(
      this.#database.sql,
      job.id,
      { ...GIVEN_BACK, wake_at: inMs(waitMs), waiting: waiting && json(waiting), tries: job.tries + 1 },
      { owner: this.owner },
      waiting && JSON.stringify(waiting) !== JSON.stringify(job.waiting) ? { type: 'job.waiting' } : undefined,
    )
  }

  /** An attempt has made nothing, and there will be another one. */
  async goesOn(
    job: JobRow,
    attempt: AttemptRow,
    end: AttemptEnd,
    next: { waitMs: number; sameDeployment: boolean; waiting: JobWaiting | null },
  ): Promise<void> {
    await this.#transact(async (db) => {
      await endAttempt(db, attempt, end)
      await change(
        db,
        job.id,
        {
          ...GIVEN_BACK,
          step: 'start',
          wake_at: inMs(next.waitMs),
          waiting: next.waiting && json(next.waiting),
          deployment: next.sameDeployment ? job.deployment : null,
          progress: null,
          queue_position: null,
          reported_nano: null,
          tries: 0,
        },
        { owner: this.owner, from: UNDECIDED },
        { type: 'job.waiting', work: '' },
      )
    })
  }

  /**
   * The job is over, or nobody knows: once. An unknown end may still become a
   * known one. Undefined where the provider has called back meanwhile, so that
   * it is known after all.
   */
  finished(job: JobRow, end: JobEnd, attempt?: { row: AttemptRow; end: AttemptEnd }, lookAgainMs?: number) {
    return this.#transact(async (db) => {
      if (attempt && !(await endAttempt(db, attempt.row, attempt.end))) return undefined
      const isOnly = attempt?.row.number === 1
      const { cost, usage } = isOnly ? attempt.end : await sumOf(db, job.id)
      const finished = await change(
        db,
        job.id,
        {
          ...GIVEN_BACK,
          state: end.state,
          step: end.state === 'unknown' && lookAgainMs !== undefined ? 'reconcile' : 'rest',
          finished_at: sql<Date>`now()`,
          wake_at: lookAgainMs === undefined ? null : inMs(lookAgainMs),
          waiting: null,
          progress: end.state === 'succeeded' ? 1 : null,
          queue_position: null,
          error: end.error ? json(end.error) : null,
          outputs: json(end.outputs ?? []),
          warnings: json([...new Set([...job.warnings, ...(end.warnings ?? [])])]),
          usage: json(usage),
          settled_nano: cost,
        },
        { owner: this.owner, from: REVISABLE },
        { type: `job.${end.state}`, work: ROOM },
      )
      if (job.parent_id === null) await this.#announce(db, finished)
      else await finishParent(db, job.parent_id, this.#announce)
      return finished
    })
  }
}

const progressOf = ({ progress, queuePosition }: MediaPending) => ({
  progress: progress === undefined ? null : Math.min(1, Math.max(0, progress)),
  queue_position: queuePosition === undefined ? null : Math.max(0, Math.trunc(queuePosition)),
  waiting:
    queuePosition === undefined
      ? null
      : json({ reason: 'provider_queue', detail: `${queuePosition} are served before at the provider.` }),
})

const told = (type: string, { logs }: MediaPending) => ({ type, ...(logs && logs.length > 0 && { logs }) })

/** Whether a poll says something that was not known; progress is told by whole percents. */
function isNews(job: JobRow, { progress, queuePosition, logs }: MediaPending): boolean {
  const percent = (value: number | null | undefined) =>
    value === null || value === undefined ? -1 : Math.floor(value * 100)
  return (
    percent(progress) !== percent(job.progress) ||
    (queuePosition ?? null) !== job.queue_position ||
    (logs !== undefined && logs.length > 0)
  )
}

/** Whether it has ended; false for one that has been accepted since it was looked at, of which that was not known. */
async function endAttempt(db: Db, attempt: AttemptRow, end: AttemptEnd): Promise<boolean> {
  // It may have been told when the work was accepted, and not again.
  const upstreamRequestId = end.upstreamRequestId ?? attempt.upstream_request_id ?? undefined
  let query = db
    .updateTable('job_attempts')
    .set({
      state: end.state,
      finished_at: sql<Date>`now()`,
      error: end.error ? json(end.error) : null,
      reported_nano: end.reported ?? attempt.reported_nano,
      upstream_request_id: upstreamRequestId ?? null,
      // What the provider gave to fetch is fetched or gone; its address may hold a secret.
      result: null,
    })
    .where('id', '=', attempt.id)
  if (end.state === 'unknown' && attempt.operation === null) query = query.where('operation', 'is', null)
  const ended = await query.returning('id').executeTakeFirst()
  if (ended === undefined) return false
  await settle(db, attempt.id, { ...end, upstreamRequestId })
  return true
}

/** What all attempts of a job came to: null where one of them is not known. */
async function sumOf(db: Db, jobId: string): Promise<{ cost: bigint | null; usage: object }> {
  const rows = await db
    .selectFrom('job_attempts')
    .innerJoin('attempts', 'attempts.id', 'job_attempts.id')
    .select(['attempts.cost_nano', 'attempts.usage'])
    .where('job_attempts.job_id', '=', jobId)
    .execute()
  return { cost: addCosts(rows.map(({ cost_nano }) => cost_nano)), usage: addUsage(rows.map(({ usage }) => usage)) }
}
