import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { within } from '../lib/within.ts'

/** What is waiting in the database. */
export interface Backlog {
  /** Jobs that are not over, by state. */
  jobs: Record<'queued' | 'running' | 'unknown', number>
  webhookDeliveries: number
}

const KEPT_MS = 5_000
const QUERY_MS = 2_000

interface Row {
  queued: string | number
  running: string | number
  unknown: string | number
  deliveries: string | number
}

async function count(database: Database): Promise<Backlog> {
  // Each by its own: that is what the partial indexes are for.
  const { rows } = await sql<Row>`
    select (select count(*) from jobs where state = 'queued') as queued,
      (select count(*) from jobs where state = 'running') as running,
      (select count(*) from jobs where state = 'unknown') as unknown,
      (select count(*) from webhook_deliveries where state = 'pending') as deliveries`.execute(database.sql)
  const { queued, running, unknown, deliveries } = rows[0]!
  return {
    jobs: { queued: Number(queued), running: Number(running), unknown: Number(unknown) },
    webhookDeliveries: Number(deliveries),
  }
}

/** Counts what is waiting, at most once in a few seconds. The function that it makes rejects where the database is away. */
export function createBacklog(database: Database): () => Promise<Backlog> {
  let known: Promise<Backlog> | undefined
  let until = 0
  return () => {
    const now = performance.now()
    if (known === undefined || now >= until) {
      known = within(QUERY_MS, count(database))
      until = now + KEPT_MS
    }
    return known
  }
}
