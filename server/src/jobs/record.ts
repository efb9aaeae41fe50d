import type { JobError } from '@turnout/contract'
import {
  type Expression,
  type InsertQueryBuilder,
  type Kysely,
  type QueryCreator,
  type SqlBool,
  sql,
  type Transaction,
  type UpdateObject,
  type UpdateQueryBuilder,
} from 'kysely'
import { ERRORS, type TurnoutError } from '../core/error.ts'
import type { Tables } from '../db/tables.ts'
import { LeaseLost } from './lease.ts'
import type { JobRow } from './types.ts'

export type Db = Kysely<Tables> | Transaction<Tables>

/** Tells every process that something happened to a job: its id and its state, with a space between. */
export const EVENTS_CHANNEL = 'turnout_job_events'
/** Tells every process that there may be work; and which jobs were canceled: their ids, with spaces between. */
export const WORK_CHANNEL = 'turnout_job_work'
/** On that channel: no new work, but room for what waits. */
export const ROOM = 'room'

/** What of a change is kept in the event, besides the state. */
export interface Told {
  type: string
  logs?: string[]
  /** For those who look for work, where there is some. */
  work?: string
}

/** A time from now on, by the clock of the database. */
export const inMs = (ms: number) => sql<Date>`now() + ${Math.ceil(ms)}::int * interval '1 millisecond'`

export const json = (value: object): string => JSON.stringify(value)

export const errorRecord = (error: TurnoutError): JobError => ({
  code: error.code,
  message: error.message,
  ...(error.provider !== undefined && { provider: error.provider }),
  ...(error.upstreamRequestId !== undefined && { upstreamRequestId: error.upstreamRequestId }),
  ...(error.param !== undefined && { param: error.param }),
  ...(error.upstreamCode !== undefined && { upstreamCode: error.upstreamCode }),
  ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  // The code says it, where nothing else does.
  ...(error.retryable !== ERRORS[error.code].retryable && { retryable: error.retryable }),
  ...(error.status !== ERRORS[error.code].status && { status: error.status }),
})

/** The end of a transaction hears of a change: whoever waits for the job, and whoever looks for work. */
export async function notify(db: Db, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db)
}

export interface Guard {
  /** Only while this process holds the lease. */
  owner?: string
  /** Only from one of these. */
  from?: readonly JobRow['state'][]
  /** Only while that holds besides. */
  where?: Expression<SqlBool>
}

/**
 * What else happens with a change, in the same statement: to be made of the
 * row `changed`, so that nothing happens without it.
 */
export type Also = (query: QueryCreator<Tables & { changed: JobRow }>) => QueryCreator<Tables & { changed: JobRow }>

/** What a step does last: whoever comes first makes the next one. */
export const GIVEN_BACK = { lease_owner: null, lease_until: null } as const

/**
 * Changes a job and, with `told`, writes down that it did. The answer is the
 * job as it is then; undefined where the guard does not hold.
 */
export async function changeIf(
  db: Db,
  id: string,
  patch: UpdateObject<Tables, 'jobs'>,
  guard: Guard,
  told?: Told,
  also?: Also,
): Promise<JobRow | undefined> {
  let query = db.updateTable('jobs').set(patch).where('id', '=', id)
  if (told) query = query.set((set) => ({ sequence: set('sequence', '+', 1) }))
  if (guard.owner !== undefined) query = query.where('lease_owner', '=', guard.owner)
  if (guard.from !== undefined) query = query.where('state', 'in', guard.from)
  if (guard.where !== undefined) query = query.where(guard.where)
  const changing = query.returningAll()
  if (told) return written(db, changing, told, also)
  if (also === undefined) return changing.executeTakeFirst()
  return also(db.with('changed', () => changing))
    .selectFrom('changed')
    .selectAll()
    .executeTakeFirst()
}

/** The same. @throws LeaseLost where the guard does not hold any more */
export async function change(...asked: Parameters<typeof changeIf>): Promise<JobRow> {
  const job = await changeIf(...asked)
  if (job === undefined) throw new LeaseLost(asked[1])
  return job
}

/** Changes one job, writes down what happened to it, as it is then, and tells those who wait: all of it is one statement. */
export async function written(
  db: QueryCreator<Tables>,
  changing: UpdateQueryBuilder<Tables, 'jobs', 'jobs', JobRow> | InsertQueryBuilder<Tables, 'jobs', JobRow>,
  { type, logs, work }: Told,
  also: Also = (query) => query,
): Promise<JobRow | undefined> {
  const row = await also(db.with('changed', () => changing))
    .with('logged', (query) =>
      query
        .insertInto('job_events')
        .columns(['job_id', 'sequence', 'type', 'data'])
        .expression((from) =>
          from.selectFrom('changed').select([
            'id',
            'sequence',
            sql<string>`${type}::text`.as('type'),
            // What providers say may have characters that jsonb does not take.
            sql<string>`json_build_object('state', state, 'progress', progress, 'queuePosition', queue_position, 'waiting', waiting${logs ? sql`, 'logs', ${json(logs)}::json` : sql``})`.as(
              'data',
            ),
          ]),
        ),
    )
    .selectFrom('changed')
    .selectAll()
    .select(sql`pg_notify(${EVENTS_CHANNEL}, id || ' ' || state)`.as('notified'))
    // Whoever holds it goes on with it.
    .$if(work !== undefined, (query) =>
      query.select(sql`case when lease_owner is null then pg_notify(${WORK_CHANNEL}, ${work}) end`.as('offered')),
    )
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { notified: _, offered: __, ...job } = row
  return job
}
