import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryDetail } from '@turnout/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import type { Tables } from '../../db/tables.ts'
import type { WebhookAttemptsTable, WebhookDeliveriesTable } from '../../db/webhook-tables.ts'
import { requireCursor } from '../cursor.ts'
import type { DeliveryFilter, Listed, Page, Scope } from './types.ts'

type Row = Selectable<WebhookDeliveriesTable> & { endpoint_url: string | null }

const select = (db: Kysely<Tables>, { keyId }: Scope) => {
  const query = db
    .selectFrom('webhook_deliveries as d')
    .leftJoin('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
    .selectAll('d')
    .select('e.url as endpoint_url')
  return keyId === undefined ? query : query.where('d.key_id', '=', keyId)
}

/** The newest first. */
export async function listDeliveries(
  db: Kysely<Tables>,
  scope: Scope,
  { endpointId, eventId, subject, type, state }: DeliveryFilter,
  { cursor, limit }: Page,
): Promise<Listed<WebhookDelivery>> {
  let query = select(db, scope).orderBy('d.created_at', 'desc').orderBy('d.id', 'desc')
  if (endpointId !== undefined) query = query.where('d.endpoint_id', '=', endpointId)
  if (eventId !== undefined) query = query.where('d.event_id', '=', eventId)
  if (subject !== undefined) query = query.where('d.subject', '=', subject)
  if (type !== undefined) query = query.where('d.type', '=', type)
  if (state !== undefined) query = query.where('d.state', '=', state)
  if (cursor !== undefined) {
    query = query.where(
      sql<boolean>`(d.created_at, d.id) < (select created_at, id from webhook_deliveries where id = ${cursor})`,
    )
  }
  const rows = await query.limit(limit + 1).execute()
  if (cursor !== undefined && rows.length === 0) await requireCursor(db, 'webhook_deliveries', cursor)
  const items = rows.slice(0, limit).map(toDelivery)
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null }
}

/** @throws TurnoutError not_found */
export function readDelivery(db: Kysely<Tables>, scope: Scope, id: string): Promise<WebhookDeliveryDetail> {
  // The delivery and its attempts as they were at one moment.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      const row = await select(transaction, scope)
        .innerJoin('webhook_events as event', 'event.id', 'd.event_id')
        .select(['event.payload', 'event.created_at as timestamp'])
        .where('d.id', '=', id)
        .executeTakeFirst()
      if (row === undefined) throw missing(id)
      const attempts = await transaction
        .selectFrom('webhook_attempts')
        .selectAll()
        .where('delivery_id', '=', id)
        .orderBy('attempt')
        .execute()
      return {
        ...toDelivery(row),
        message: {
          type: row.type,
          timestamp: row.timestamp.toISOString(),
          sequence: row.sequence,
          data: row.payload as Record<string, unknown>,
        },
        log: attempts.map((attempt) => toAttempt(attempt, row)),
      }
    })
}

/** Makes a delivery due again, with all of its tries before it. @throws TurnoutError not_found, invalid_input */
export async function replayDelivery(db: Kysely<Tables>, scope: Scope, id: string): Promise<WebhookDelivery> {
  return db.transaction().execute(async (transaction) => {
    const row = await select(transaction, scope).select('e.enabled').where('d.id', '=', id).executeTakeFirst()
    if (row === undefined) throw missing(id)
    if (row.endpoint_id !== null && row.enabled !== true) {
      const state = row.enabled === null ? 'was deleted' : 'is disabled; enable it first'
      throw new TurnoutError('invalid_input', `The endpoint of this delivery ${state}.`, { status: 409 })
    }
    const updated = await transaction
      .updateTable('webhook_deliveries')
      .set({ state: 'pending', tries: 0, next_at: sql<Date>`now()`, ended_at: null })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return toDelivery({ ...updated, endpoint_url: row.endpoint_url })
  })
}

const missing = (id: string) => new TurnoutError('not_found', `There is no webhook delivery with the id "${id}".`)

function toDelivery(row: Row): WebhookDelivery {
  return {
    id: row.id,
    eventId: row.event_id,
    type: row.type,
    subject: row.subject,
    sequence: row.sequence,
    endpointId: row.endpoint_id,
    keyId: row.key_id,
    url: row.endpoint_url ?? row.url,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === 'pending' ? row.next_at.toISOString() : null,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }
}

function toAttempt(
  { attempt, url, started_at, latency_ms, status, error, response }: Selectable<WebhookAttemptsTable>,
  delivery: Row,
): WebhookAttempt {
  const abandoned = latency_ms === null && (attempt < delivery.attempts || delivery.lease_by === null)
  return {
    attempt,
    url,
    startedAt: started_at.toISOString(),
    latencyMs: latency_ms,
    status,
    error: abandoned ? 'Turnout stopped before the receiver had answered.' : error,
    response,
  }
}
