import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'

export const KEPT_DAYS = 30
const BATCH = 1_000

/** Removes events that are older than 30 days, with their deliveries; not those that are still on their way. */
export async function pruneEvents(db: Kysely<Tables>): Promise<void> {
  for (let removed = BATCH; removed === BATCH; ) {
    const { numAffectedRows } = await sql`
      delete from webhook_events where id in (
        select e.id from webhook_events e
        where e.created_at < now() - ${KEPT_DAYS} * interval '1 day' and not exists (
          select 1 from webhook_deliveries d where d.event_id = e.id and d.state = 'pending')
        order by e.created_at limit ${BATCH})`.execute(db)
    removed = Number(numAffectedRows ?? 0)
  }
}
