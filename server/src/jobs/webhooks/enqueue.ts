import type { WebhookEventType } from '@turnout/contract'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { newId } from '../../lib/ids.ts'
import type { NewEvent } from './types.ts'

/** Carries word of new deliveries to the processes that send them. */
export const WEBHOOKS_CHANNEL = 'turnout_webhooks'

/** Who is to hear of an event. */
export interface Receiver {
  endpointId: string | null
  keyId: string | null
  url: string
  sealedSecret: string | null
}

/**
 * Stores an event with a delivery for everybody who is to hear of it. In a
 * transaction it is part of that: what was stored with the change which it
 * tells of cannot be lost, and what was rolled back is never told.
 *
 * @param db A transaction of the caller's, or the database.
 * @returns the event's id; undefined where nothing is stored: nobody wants to hear of it, or it is stored already
 */
export function enqueueEvent(db: Kysely<Tables>, event: NewEvent): Promise<string | undefined> {
  return inTransaction(db, async (transaction) => {
    const receivers = await receiversOf(transaction, event)
    if (receivers.length === 0) return undefined
    const stored = await insertEvent(transaction, event, receivers)
    if (stored) await sql`select pg_notify(${WEBHOOKS_CHANNEL}, '')`.execute(transaction)
    return stored?.id
  })
}

const inTransaction = <T>(db: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> =>
  db.isTransaction ? work(db) : db.transaction().execute(work)

/** Of a row of an endpoint. */
const wants = (type: WebhookEventType, keyId: string) =>
  sql<boolean>`(enabled and ${type} = any(events) and (webhook_endpoints.key_id is null or webhook_endpoints.key_id = ${keyId}))`

/** Whether anybody wants to hear of such an event. */
export const isHeard = ({ type, keyId, target }: Pick<NewEvent, 'type' | 'keyId' | 'target'>) =>
  sql<boolean>`(${target?.events.includes(type) === true}::boolean
    or exists (select from webhook_endpoints where ${wants(type, keyId)}))`

async function receiversOf(db: Kysely<Tables>, { type, keyId, target }: NewEvent): Promise<Receiver[]> {
  const endpoints = await db
    .selectFrom('webhook_endpoints')
    .select(['id', 'url', 'key_id'])
    .where(wants(type, keyId))
    .orderBy('id')
    .execute()
  const receivers = endpoints.map(
    (endpoint): Receiver => ({
      endpointId: endpoint.id,
      keyId: endpoint.key_id,
      url: endpoint.url,
      sealedSecret: null,
    }),
  )
  if (target?.events.includes(type)) {
    receivers.push({ endpointId: null, keyId, url: target.url, sealedSecret: target.sealedSecret })
  }
  return receivers
}

/** What an event of any kind is made of. */
type AnyEvent = Omit<NewEvent, 'type' | 'keyId' | 'target'> & { type: WebhookEventType; keyId: string | null }

/**
 * Stores an event and a delivery for each receiver; undefined where the event is there already.
 * @param heldMs After how long the deliveries are due.
 */
export async function insertEvent(
  transaction: Kysely<Tables>,
  event: AnyEvent,
  receivers: readonly Receiver[],
  heldMs = 0,
): Promise<{ id: string; deliveryIds: string[] } | undefined> {
  const { type, subject, payload, keyId, timestamp } = event
  // Two that count up the same subject at once would take the same number, and one of them would fail for it.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`webhook ${subject}`}, 0))`.execute(transaction)
  const stored = await transaction
    .insertInto('webhook_events')
    .values({
      id: newId('evt'),
      type,
      subject,
      sequence:
        event.sequence ??
        sql<number>`(select coalesce(max(sequence), 0) + 1 from webhook_events where subject = ${subject})`,
      key_id: keyId,
      payload: JSON.stringify(payload),
      created_at: timestamp ?? sql<Date>`clock_timestamp()`,
    })
    .onConflict((conflict) => conflict.columns(['subject', 'sequence']).doNothing())
    .returning(['id', 'sequence'])
    .executeTakeFirst()
  if (stored === undefined) return undefined
  const deliveries = receivers.map((receiver) => ({
    id: newId('whd'),
    event_id: stored.id,
    type,
    subject,
    sequence: stored.sequence,
    endpoint_id: receiver.endpointId,
    key_id: receiver.keyId,
    url: receiver.url,
    secret: receiver.sealedSecret,
    target: receiver.endpointId ?? new URL(receiver.url).origin,
    state: 'pending' as const,
    next_at: sql<Date>`clock_timestamp() + ${heldMs}::float8 * interval '1 millisecond'`,
    created_at: sql<Date>`clock_timestamp()`,
  }))
  await transaction.insertInto('webhook_deliveries').values(deliveries).execute()
  return { id: stored.id, deliveryIds: deliveries.map(({ id }) => id) }
}
