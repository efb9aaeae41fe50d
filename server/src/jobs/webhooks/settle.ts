import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import type { Claimed } from './claim.ts'

/** What an attempt came to. */
export interface AttemptResult {
  latencyMs: number
  status: number | null
  /** Null: the receiver has it. */
  error: string | null
  response: string | null
}

/** What follows from a failed attempt: another one after that many milliseconds, or none. */
export type AfterFailure = { waitMs: number } | 'give up'

/**
 * Stores what an attempt came to. A success counts whatever happened
 * meanwhile; a failure only where nobody else has begun another attempt.
 */
export async function settle(
  db: Kysely<Tables>,
  { id, attempt }: Pick<Claimed, 'id' | 'attempt'>,
  result: AttemptResult,
  next: AfterFailure | undefined,
  aheadMs: number,
): Promise<void> {
  const { latencyMs, status, error, response } = result
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('webhook_attempts')
      .set({ latency_ms: latencyMs, status, error, response })
      .where('delivery_id', '=', id)
      .where('attempt', '=', attempt)
      .execute()
    const update = transaction
      .updateTable('webhook_deliveries')
      .set({ last_status: status, last_error: error, lease_until: null, lease_by: null })
      .where('id', '=', id)
    if (next === undefined) {
      await update.set({ state: 'delivered', ended_at: sql<Date>`clock_timestamp()` }).execute()
      return
    }
    const mine = update.where('attempts', '=', attempt).where('state', '=', 'pending')
    await (next === 'give up'
      ? mine.set({ state: 'failed', ended_at: sql<Date>`clock_timestamp()` })
      : mine.set({ next_at: sql<Date>`now() + ${aheadMs + next.waitMs}::float8 * interval '1 millisecond'` })
    ).execute()
  })
}

/** Gives up what is on its way to an endpoint that no longer wants it. */
export async function giveUpPending(db: Kysely<Tables>, endpointId: string, error: string): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ state: 'failed', last_error: error, ended_at: sql<Date>`clock_timestamp()` })
    .where('endpoint_id', '=', endpointId)
    .where('state', '=', 'pending')
    .execute()
}

/** Whether the endpoint has another address since the attempt began: what the one before says counts for nothing. */
export async function hasMoved(db: Kysely<Tables>, { endpoint_id, url }: Claimed): Promise<boolean> {
  if (endpoint_id === null) return false
  const endpoint = await db
    .selectFrom('webhook_endpoints')
    .select('url')
    .where('id', '=', endpoint_id)
    .executeTakeFirst()
  return endpoint !== undefined && endpoint.url !== url
}

/** The receiver said that it is gone for good; where the endpoint has another address by now, that was another receiver. */
export async function disableGone(db: Kysely<Tables>, endpointId: string, url: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const disabled = await transaction
      .updateTable('webhook_endpoints')
      .set({
        enabled: false,
        disabled_reason: 'The receiver answered with the status 410 (gone).',
        updated_at: sql<Date>`now()`,
      })
      .where('id', '=', endpointId)
      .where('url', '=', url)
      .returning('id')
      .executeTakeFirst()
    if (disabled) await giveUpPending(transaction, endpointId, 'The endpoint was disabled.')
  })
}
