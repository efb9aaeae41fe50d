import { isDeepStrictEqual } from 'node:util'
import type { JobWaiting } from '@turnout/contract'
import { type RawBuilder, sql } from 'kysely'
import type { MediaPending } from '../core/media.ts'
import type { Database } from '../db/database.ts'
import { beginning, ended, ending, sumOf } from './charges.ts'
import { LeaseLost } from './lease.ts'
import { isAcceptedByNow, isNews, progressOf, told } from './news.ts'
import { finishParent, lock, startParent } from './parts.ts'
import { type Also, change, changeIf, type Db, GIVEN_BACK, inMs, json, ROOM } from './record.ts'
import type { AttemptEnd, AttemptRow, JobEnd, JobRow, Made, Placement, Prepared } from './types.ts'

/** Who hears that a job is over, and how far it has come. */
export interface Announcer {
  /** Whether anybody wants to hear of that, as a condition of a statement. */
  isHeard(job: JobRow, what: JobRow['state'] | 'progress'): RawBuilder<boolean>
  /** In the same transaction, so that nothing can come between. @param what Absent: the state that it is in. */
  announce(db: Db, job: JobRow, what?: 'progress'): Promise<void>
}

/** Hears of every job that ends here for good, as it is then, with its attempts where they are known; not of parts. */
export type OnOver = (job: JobRow, attempts?: AttemptRow[]) => void

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
  readonly #announcer: Announcer
  readonly #onOver: OnOver
  readonly owner: string

  constructor(database: Database, owner: string, announcer: Announcer, onOver: OnOver = () => {}) {
    this.#database = database
    this.owner = owner
    this.#announcer = announcer
    this.#onOver = onOver
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
    if (job.parent_id === null && !again) return this.#submit(this.#database.sql, job, attempt, placement, prepared)
    return this.#transact(async (db) => {
      if (again) {
        const guard = { owner: this.owner, from: UNDECIDED }
        const there = await db.selectFrom('job_attempts').selectAll().where('id', '=', attempt.id).executeTakeFirst()
        if (there) return { job: await change(db, job.id, { state: 'running' }, guard), attempt: there }
      }
      await startParent(db, job)
      return this.#submit(db, job, attempt, placement, prepared)
    })
  }

  async #submit(
    db: Db,
    job: JobRow,
    { id, number }: { id: string; number: number },
    placement: Placement,
    { mapped, quoted, payloadHash }: Prepared,
  ): Promise<{ job: JobRow; attempt: AttemptRow }> {
    const { deployment, provider, upstreamModel, emulated } = placement
    const attempt: AttemptRow = {
      id,
      job_id: job.id,
      number,
      deployment,
      provider,
      upstream_model: upstreamModel,
      state: 'submitting',
      payload_hash: payloadHash,
      operation: null,
      result: null,
      error: null,
      started_at: new Date(),
      accepted_at: null,
      finished_at: null,
      upstream_request_id: null,
      reported_nano: null,
    }
    const open = sql<boolean>`exists (
      select from job_attempts where job_id = ${job.id} and state = any(${[...OPEN]}::text[]))`
    const started = await change(
      db,
      job.id,
      {
        state: 'running',
        step: 'start',
        deployment,
        provider,
        started_at: job.started_at ?? sql<Date>`now()`,
        waiting: null,
        progress: null,
        queue_position: null,
        mapped: json(mapped),
        quoted_nano: quoted,
        emulated,
      },
      // Two that begin an attempt at once give it the same number, of which there is one.
      { owner: this.owner, from: UNDECIDED, where: sql<boolean>`not ${open}` },
      { type: 'job.running' },
      beginning(job, attempt, placement, quoted),
    )
    return { job: started, attempt }
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
      // Whoever ends the attempt holds the row of its job first, as well.
      await lock(db, attempt.job_id)
      const taking = db
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
      const taken = await db
        .with('taken', () => taking)
        .with('recorded', (query) =>
          query
            .updateTable('attempts')
            .from('taken')
            .set({ outcome: 'running', error_code: null })
            .whereRef('attempts.id', '=', 'taken.id'),
        )
        .selectFrom('taken')
        .select('id')
        .executeTakeFirst()
      if (taken === undefined) return false
      const job = await change(
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
      if (await this.#isFollowed(db, job)) await this.#announcer.announce(db, job, 'progress')
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
    const patch = {
      ...progressOf(pending),
      ...GIVEN_BACK,
      wake_at: inMs(waitMs),
      tries: 0,
      ...(pending.providerCost !== undefined && { reported_nano: pending.providerCost }),
    }
    const guard = { owner: this.owner }
    const news = isNews(job, pending) ? told('job.progress', pending) : undefined
    if (news === undefined || !(await this.#isFollowed(this.#database.sql, job))) {
      await change(this.#database.sql, job.id, patch, guard, news)
      return
    }
    const { announce } = this.#announcer
    await this.#transact(async (db) => announce(db, await change(db, job.id, patch, guard, news), 'progress'))
  }

  /** Whether anybody wants to hear how far it comes. */
  async #isFollowed(db: Db, job: JobRow): Promise<boolean> {
    if (job.parent_id !== null) return false
    const heard = this.#announcer.isHeard(job, 'progress')
    const { rows } = await sql<{ heard: boolean }>`select ${heard} as heard`.execute(db)
    return rows[0]!.heard
  }

  /** The provider is done; its outputs have still to be copied. */
  made(attempt: AttemptRow, made: Made): Promise<JobRow> {
    const reported = made.providerCost === undefined ? attempt.reported_nano : BigInt(made.providerCost)
    const noted: Also = (query) =>
      query.with('noted', (db) =>
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
    return change(
      this.#database.sql,
      attempt.job_id,
      {
        state: 'running',
        step: 'collect',
        wake_at: sql<Date>`now()`,
        tries: 0,
        reported_nano: reported,
        progress: null,
        queue_position: null,
        waiting: null,
      },
      { from: ['running', 'unknown'] },
      undefined,
      noted,
    )
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
    await change(
      this.#database.sql,
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
      ending(attempt, end),
    )
  }

  /** Whether the end of the job is one statement, unless an endpoint wants to hear of it. */
  endsAtOnce(job: JobRow, attempt: AttemptRow): boolean {
    return attempt.number === 1 && job.parent_id === null && job.webhook === null
  }

  /**
   * The job is over, or nobody knows: once. An unknown end may still become a
   * known one. Undefined where the provider has called back meanwhile, so that
   * it is known after all.
   */
  async finished(
    job: JobRow,
    end: JobEnd,
    attempt?: { row: AttemptRow; end: AttemptEnd },
    lookAgainMs?: number,
  ): Promise<JobRow | undefined> {
    const over = await this.#finishWhole(job, end, attempt, lookAgainMs)
    if (over && over.state !== 'unknown' && over.parent_id === null) {
      const isOnly = attempt?.row.number === 1
      this.#onOver(over, isOnly ? [ended(attempt.row, attempt.end, over.finished_at)] : undefined)
    }
    return over
  }

  async #finishWhole(
    job: JobRow,
    end: JobEnd,
    attempt: { row: AttemptRow; end: AttemptEnd } | undefined,
    lookAgainMs: number | undefined,
  ): Promise<JobRow | undefined> {
    const { isHeard, announce } = this.#announcer
    const isOnly = attempt?.row.number === 1
    if (isOnly && end.state !== 'unknown' && this.endsAtOnce(job, attempt.row)) {
      const unheard = sql<boolean>`not ${isHeard(job, end.state)}`
      const finished = await this.#finish(this.#database.sql, job, end, attempt, attempt.end, lookAgainMs, unheard)
      if (finished) return finished
    }
    return this.#transact(async (db) => {
      if (job.parent_id !== null) await lock(db, job.parent_id)
      if (attempt && end.state === 'unknown' && (await isAcceptedByNow(db, attempt.row))) return undefined
      const sum = isOnly ? attempt.end : await sumOf(db, job.id, attempt)
      const finished = await this.#finish(db, job, end, attempt, sum, lookAgainMs)
      if (finished === undefined) throw new LeaseLost(job.id)
      if (job.parent_id === null) await announce(db, finished)
      else await finishParent(db, job.parent_id, announce)
      return finished
    })
  }

  #finish(
    db: Db,
    job: JobRow,
    end: JobEnd,
    attempt: { row: AttemptRow; end: AttemptEnd } | undefined,
    { cost, usage }: Pick<AttemptEnd, 'cost' | 'usage'>,
    lookAgainMs: number | undefined,
    where = sql<boolean>`true`,
  ): Promise<JobRow | undefined> {
    const reported = attempt?.end.reported ?? undefined
    return changeIf(
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
        ...(reported !== undefined && { reported_nano: reported }),
      },
      { owner: this.owner, from: REVISABLE, where },
      { type: `job.${end.state}`, work: ROOM },
      attempt && ending(attempt.row, attempt.end),
    )
  }
}
