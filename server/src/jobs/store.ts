import type { JobKind, JobState } from '@turnout/contract'
import { type Insertable, sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import { isAway } from '../core/trouble.ts'
import type { Database } from '../db/database.ts'
import type { JobsTable } from '../db/tables.ts'
import { newId } from '../lib/ids.ts'
import { lockClaims, type Start } from './claim.ts'
import { requireCursor } from './cursor.ts'
import { LEASE_MS } from './lease.ts'
import { type Db, inMs, json, notify, WORK_CHANNEL, written } from './record.ts'
import type { AttemptRow, JobRequest, JobRow } from './types.ts'

/** A job that is to be made. */
export interface NewJob {
  kind: JobKind
  model: string
  keyId: string
  userId: string | null
  requestId: string
  request: JobRequest
  /** Of what the client sent, to tell a repetition from another request. */
  requestHash: string
  idempotencyKey: string | null
  metadata: Record<string, string>
  priority: number
  setId: string | null
  place: number
  retryOf: string | null
  webhook: object | null
  deadlineMs: number
  warnings: string[]
  quoted: bigint | null
  /** Requests of the calls that it takes, where it takes several. */
  parts: JobRequest[]
}

/** Whether it is one job of one call: one statement stores that. */
export const isSingle = (jobs: readonly NewJob[]): boolean => jobs.length === 1 && jobs[0]!.parts.length === 0

/** What became of an order. */
export interface Created {
  jobs: JobRow[]
  /** They were there before. */
  repeated: boolean
}

export interface JobFilter {
  keyId?: string | undefined
  userId?: string | undefined
  state?: JobState | undefined
  kind?: JobKind | undefined
  model?: string | undefined
  setId?: string | undefined
  since?: Date | undefined
  until?: Date | undefined
}

export interface JobPage {
  /** The id of the last job of the page before. */
  cursor?: string | undefined
  limit: number
  order?: 'asc' | 'desc'
}

/** One thing that happened to a job. */
export interface StoredEvent {
  sequence: number
  type: string
  data: { logs?: string[] } & Record<string, unknown>
  createdAt: Date
}

/** The attempts of a job and of its parts, in their order. */
export const attemptsOf = (db: Db, jobId: string): Promise<AttemptRow[]> =>
  db
    .selectFrom('job_attempts')
    .innerJoin('jobs', 'jobs.id', 'job_attempts.job_id')
    .selectAll('job_attempts')
    .where((where) => where.or([where('jobs.id', '=', jobId), where('jobs.parent_id', '=', jobId)]))
    .orderBy('jobs.place')
    .orderBy('job_attempts.number')
    .execute()

/** Nobody knows whether the database has stored them all the same: only under a name it is safe to ask again. */
const perhapsStored = (cause: unknown, isNamed: boolean): TurnoutError =>
  new TurnoutError(
    'overloaded',
    isNamed
      ? 'The database that keeps the jobs does not answer right now.'
      : 'The database that keeps the jobs does not answer right now. It is not known whether the request was stored, and GET /api/jobs will tell; with an Idempotency-Key it could be sent again.',
    { retryable: isNamed, cause },
  )

/** The tables of jobs, as those who order and watch them need them. */
export class JobStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Stores new jobs, all or none. With an idempotency key that was used
   * before, the job of then.
   *
   * @param start How it is begun at once, where there is one that is made by a single call.
   * @throws TurnoutError invalid_input (409) where that job was another one; overloaded where the database is away
   */
  async create(jobs: readonly NewJob[], start?: Start): Promise<Created> {
    try {
      return await this.#create(jobs, start)
    } catch (error) {
      throw isAway(error) ? perhapsStored(error, jobs[0]!.idempotencyKey !== null) : error
    }
  }

  async #create(jobs: readonly NewJob[], start?: Start): Promise<Created> {
    const [only] = jobs
    if (only && isSingle(jobs)) {
      const { sql: db } = this.#database
      const row = start ? await this.#begin(only, start) : await insert(db, only)
      return row ? { jobs: [row], repeated: false } : { jobs: [await this.#repeated(db, only)], repeated: true }
    }
    return this.#database.sql.transaction().execute(async (db) => {
      const made: JobRow[] = []
      for (const job of jobs) {
        const row = await insert(db, job)
        if (row === undefined) return { jobs: [await this.#repeated(db, job)], repeated: true }
        made.push(row)
      }
      return { jobs: made, repeated: false }
    })
  }

  /** What runs is counted by one at a time. One statement is alone on the embedded database, which has one session. */
  #begin(job: NewJob, start: Start): Promise<JobRow | undefined> {
    const { kind, sql: db } = this.#database
    if (kind === 'embedded') return insert(db, job, start)
    return db.transaction().execute(async (transaction) => {
      await lockClaims(transaction)
      return insert(transaction, job, start)
    })
  }

  async #repeated(db: Db, job: NewJob): Promise<JobRow> {
    const earlier = await this.named(job, db)
    if (earlier) return earlier
    throw new TurnoutError('invalid_input', 'The job of that Idempotency-Key was deleted just now; send it again.', {
      param: 'Idempotency-Key',
      status: 409,
    })
  }

  /**
   * The job that a client has made under a name of its own.
   *
   * @throws TurnoutError invalid_input (409) where it asked for something else then
   */
  async named(
    job: Pick<NewJob, 'keyId' | 'idempotencyKey' | 'requestHash'>,
    db: Db = this.#database.sql,
  ): Promise<JobRow | undefined> {
    const earlier = await db
      .selectFrom('jobs')
      .selectAll()
      .where('key_id', '=', job.keyId)
      .where('idempotency_key', '=', job.idempotencyKey)
      .executeTakeFirst()
    if (earlier === undefined || earlier.request_hash === job.requestHash) return earlier
    throw new TurnoutError(
      'invalid_input',
      `The Idempotency-Key was used for another request, which made the job ${earlier.id}; a new request takes a new key.`,
      { param: 'Idempotency-Key', status: 409 },
    )
  }

  async find(id: string): Promise<JobRow | undefined> {
    return this.#database.sql.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  }

  attemptsOf = (jobId: string): Promise<AttemptRow[]> => attemptsOf(this.#database.sql, jobId)

  /** Those of many jobs at once, by job; attempts of parts count for the whole. */
  async attemptsOfAll(jobIds: readonly string[]): Promise<ReadonlyMap<string, AttemptRow[]>> {
    if (jobIds.length === 0) return new Map()
    const rows = await this.#database.sql
      .selectFrom('job_attempts')
      .innerJoin('jobs', 'jobs.id', 'job_attempts.job_id')
      .selectAll('job_attempts')
      .select(sql<string>`coalesce(jobs.parent_id, jobs.id)`.as('whole'))
      .where(sql<string>`coalesce(jobs.parent_id, jobs.id)`, 'in', [...jobIds])
      .orderBy('jobs.place')
      .orderBy('job_attempts.number')
      .execute()
    return Map.groupBy(rows, ({ whole }) => whole)
  }

  /** Newest first, unless the page says otherwise. */
  async list(filter: JobFilter, page: JobPage) {
    let query = this.#database.sql.selectFrom('jobs').selectAll().where('parent_id', 'is', null)
    if (filter.keyId !== undefined) query = query.where('key_id', '=', filter.keyId)
    if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId)
    if (filter.state !== undefined) query = query.where('state', '=', filter.state)
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
    if (filter.model !== undefined) query = query.where('model', '=', filter.model)
    if (filter.setId !== undefined) query = query.where('set_id', '=', filter.setId)
    if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since)
    if (filter.until !== undefined) query = query.where('created_at', '<', filter.until)
    const { cursor, order = 'desc' } = page
    if (cursor !== undefined) {
      const beyond = sql.raw(order === 'asc' ? '>' : '<')
      query = query.where(
        sql<boolean>`(created_at, id) ${beyond} (select created_at, id from jobs where id = ${cursor})`,
      )
    }
    const rows = await query
      .orderBy('created_at', order)
      .orderBy('id', order)
      .limit(page.limit + 1)
      .execute()
    if (cursor !== undefined && rows.length === 0) await requireCursor(this.#database.sql, 'jobs', cursor)
    const items = rows.slice(0, page.limit)
    return { items, nextCursor: rows.length > page.limit ? items.at(-1)!.id : null }
  }

  /** All members of a set, in their order. */
  async ofSet(setId: string): Promise<JobRow[]> {
    return this.#database.sql
      .selectFrom('jobs')
      .selectAll()
      .where('set_id', '=', setId)
      .where('parent_id', 'is', null)
      .orderBy('place')
      .execute()
  }

  /** How many wait before it here. */
  async placeInQueue(job: JobRow): Promise<number> {
    const { count } = await this.#database.sql
      .selectFrom('jobs')
      .select(sql<number>`count(*)::int`.as('count'))
      .where('state', '=', 'queued')
      .where('step', '=', 'start')
      .where((where) =>
        where.or([
          where('priority', '>', job.priority),
          where.and([where('priority', '=', job.priority), where('created_at', '<', job.created_at)]),
        ]),
      )
      .executeTakeFirstOrThrow()
    return count
  }

  /**
   * Asks for a job to be canceled. One that has not begun is canceled at once;
   * for one that has, the provider is asked.
   */
  cancel(id: string): Promise<JobRow> {
    return this.#database.sql.transaction().execute(async (db) => {
      const ids = await db
        .selectFrom('jobs')
        .select('id')
        .where((where) => where.or([where('id', '=', id), where('parent_id', '=', id)]))
        .where('state', 'in', ['queued', 'running'])
        // The whole before its parts, as everybody else.
        .orderBy((where) => where('parent_id', 'is not', null))
        .orderBy('id')
        .forUpdate()
        .execute()
      if (ids.length > 0) {
        await db
          .updateTable('jobs')
          .set({
            cancel_requested_at: sql<Date>`coalesce(cancel_requested_at, now())`,
            wake_at: sql<Date>`case when step = 'parts' then null else now() end`,
            tries: 0,
          })
          .where(
            'id',
            'in',
            ids.map((each) => each.id),
          )
          .execute()
      }
      await notify(db, WORK_CHANNEL, ids.map((each) => each.id).join(' '))
      return db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    })
  }

  /** Forgets a job that is over, with its parts and attempts; the ledger keeps what it cost. */
  async remove(id: string): Promise<void> {
    await this.#database.sql.deleteFrom('jobs').where('id', '=', id).execute()
  }

  async eventsAfter(jobId: string, sequence: number): Promise<StoredEvent[]> {
    const rows = await this.#database.sql
      .selectFrom('job_events')
      .selectAll()
      .where('job_id', '=', jobId)
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .execute()
    return rows.map((row) => ({ ...row, data: row.data as StoredEvent['data'], createdAt: row.created_at }))
  }

  /** A callback of the provider's says that something happened. */
  async wake(jobId: string): Promise<void> {
    await this.#database.sql.transaction().execute(async (db) => {
      await db
        .updateTable('jobs')
        .set({ wake_at: sql<Date>`now()` })
        .where('id', '=', jobId)
        .where('step', 'in', ['poll', 'reconcile'])
        .execute()
      await notify(db, WORK_CHANNEL, '')
    })
  }

  async findAttempt(id: string): Promise<AttemptRow | undefined> {
    return this.#database.sql.selectFrom('job_attempts').selectAll().where('id', '=', id).executeTakeFirst()
  }
}

async function insert(db: Db, job: NewJob, start?: Start): Promise<JobRow | undefined> {
  const id = newId('job')
  const whole = job.parts.length > 0
  const ifRoom = <T>(value: unknown) => (start ? sql<T>`case when (select is_room from room) then ${value} end` : null)
  const inserting = db
    .insertInto('jobs')
    .values({
      ...valuesOf(job, job.request),
      id,
      sequence: 1,
      step: whole ? 'parts' : 'start',
      wake_at: whole ? null : sql<Date>`now()`,
      lease_owner: ifRoom<string>(start?.owner),
      lease_until: ifRoom<Date>(inMs(LEASE_MS)),
      deployment: ifRoom<string>(start?.placement.deployment),
      provider: ifRoom<string>(start?.placement.provider),
    })
    .onConflict((conflict) =>
      conflict.columns(['key_id', 'idempotency_key']).where('idempotency_key', 'is not', null).doNothing(),
    )
    .returningAll()
  const asked = start ? db.with('room', () => sql<{ is_room: boolean }>`(select ${start.isRoom} as is_room)`) : db
  const row = await written(asked, inserting, { type: 'job.queued', work: '' })
  if (row === undefined) return undefined
  if (whole) {
    const part = { ...job, idempotencyKey: null, webhook: null, warnings: [], quoted: null }
    const parts = job.parts.map((request, place) => ({
      ...valuesOf(part, request),
      id: newId('job'),
      step: 'start' as const,
      parent_id: id,
      place,
      wake_at: sql<Date>`now()`,
    }))
    await db.insertInto('jobs').values(parts).execute()
  }
  return row
}

const valuesOf = (job: NewJob, request: JobRequest) =>
  ({
    kind: job.kind,
    state: 'queued',
    model: job.model,
    key_id: job.keyId,
    user_id: job.userId,
    request_id: job.requestId,
    request: json(request),
    metadata: json(job.metadata),
    idempotency_key: job.idempotencyKey,
    request_hash: job.requestHash,
    priority: job.priority,
    set_id: job.setId,
    place: job.place,
    retry_of: job.retryOf,
    webhook: job.webhook && json(job.webhook),
    deadline_at: inMs(job.deadlineMs) as unknown as Date,
    warnings: json(job.warnings),
    quoted_nano: job.quoted,
    emulated: false,
  }) satisfies Partial<Insertable<JobsTable>>
