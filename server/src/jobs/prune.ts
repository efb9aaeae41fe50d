import { sql } from 'kysely'
import type { Db } from './record.ts'

/** Few at a time: nobody who works on jobs waits long for it. */
const BATCH = 200

/**
 * Forgets jobs that have been over for so many days, with their parts,
 * attempts, events and what was told of them; the ledger keeps what they cost,
 * and their outputs have a time of their own. Those stay of which something is
 * still open: an outcome that nobody knows, a charge that is not settled, a
 * webhook that is on its way.
 */
export async function pruneJobs(db: Db, days: number): Promise<void> {
  for (let removed = BATCH; removed === BATCH; ) {
    const { numAffectedRows } = await sql`
      with old as (
        select id from jobs
        where parent_id is null and state in ('succeeded', 'failed', 'canceled') and step = 'rest'
          and created_at < now() - ${days}::int * interval '1 day'
          and finished_at < now() - ${days}::int * interval '1 day'
          and not exists (select from webhook_deliveries where subject = jobs.id and state = 'pending')
          and not exists (
            select from jobs part join job_attempts attempt on attempt.job_id = part.id
            where (part.id = jobs.id or part.parent_id = jobs.id) and (
              attempt.state in ('submitting', 'accepted', 'made', 'unknown')
              or not exists (select from job_charges where attempt_id = attempt.id and kind = 'settle')))
        order by created_at limit ${BATCH} for update skip locked
      ), told as (
        delete from webhook_events where subject in (select id from old)
      )
      delete from jobs where id in (select id from old)`.execute(db)
    removed = Number(numAffectedRows ?? 0)
  }
  // A comparison without its jobs compares nothing.
  await sql`
    delete from comparisons where created_at < now() - ${days}::int * interval '1 day'
      and not exists (select from jobs where set_id = comparisons.id)`.execute(db)
}
