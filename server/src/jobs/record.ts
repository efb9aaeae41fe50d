import type { JobError } from '@turnout/contract'
import { type Kysely, sql, type Transaction, type UpdateObject } from 'kysely'
import { ERRORS, type TurnoutError } from '../core/error.ts'
import type { Tables } from '../db/tables.ts'
import { LeaseLost } from './lease.ts'
import type { JobRow } from './types.ts'

export type Db = Kysely<Tables> | Transaction<Tables>

/** Tells every process that something happened to a job. */
export const EVENTS_CHANNEL = 'turnout_job_events'
/** Tells every process that there may be work. */
export const WORK_CHANNEL = 'turnout_job_work'

/** What of a change is kept in the event, besides the state. */
export interface Told {
  type: string
  logs?: string[]
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
}

/**
 * Changes a job and, with `told`, writes down that it did. The answer is the
 * job as it is then.
 *
 * @throws LeaseLost where the guard does not hold any more
 */
export async function change(
  db: Db,
  id: string,
  patch: UpdateObject<Tables, 'jobs'>,
  guard: Guard,
  told?: Told,
): Promise<JobRow> {
  let query = db.updateTable('jobs').set(patch).where('id', '=', id)
  if (told) query = query.set((set) => ({ sequence: set('sequence', '+', 1) }))
  if (guard.owner !== undefined) query = query.where('lease_owner', '=', guard.owner)
  if (guard.from !== undefined) query = query.where('state', 'in', guard.from)
  const job = await query.returningAll().executeTakeFirst()
  if (job === undefined) throw new LeaseLost(id)
  if (told) await tell(db, job, told)
  return job
}

/** Writes down what happened to a job, as the job is now. */
async function tell(db: Db, job: JobRow, { type, logs }: Told): Promise<void> {
  const { state, progress, queue_position, waiting } = job
  await db
    .insertInto('job_events')
    .values({
      job_id: job.id,
      sequence: job.sequence,
      type,
      data: json({ state, progress, queuePosition: queue_position, waiting, ...(logs && { logs }) }),
    })
    .execute()
  await notify(db, EVENTS_CHANNEL, job.id)
}
