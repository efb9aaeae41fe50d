import type { WebhookEventType } from '@turnout/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'

/** A later event waits for an earlier one of its subject until that was tried this often, and no longer. */
export const HOLDING_TRIES = 3

/** A delivery that this process has for the time of its lease, and all that it takes to make it. */
export interface Claimed {
  id: string
  /** Which attempt this is: what it comes to counts for nothing once somebody else has begun another one. */
  attempt: number
  tries: number
  target: string
  event_id: string
  type: WebhookEventType
  sequence: number
  timestamp: Date
  payload: string
  key_id: string | null
  endpoint_id: string | null
  url: string
  /** Sealed; of the request that named the URL. */
  own_secret: string | null
  /** Null where the endpoint is gone. */
  enabled: boolean | null
  secret: string | null
  previous_secret: string | null
}

export interface ClaimLimits {
  /** Names this process. */
  owner: string
  leaseMs: number
  /** How many to take at most, and how many of one target, those that run included. */
  free: number
  perTarget: number
  /** How many run now, by target. */
  running: ReadonlyMap<string, number>
  /** How far the time of the schedule is ahead of the database's clock; what is not a test has 0. */
  aheadMs: number
}

const after = (ms: number): RawBuilder<Date> => sql<Date>`now() + ${ms}::float8 * interval '1 millisecond'`

/**
 * Takes deliveries that are due and that nobody has, and begins an attempt of
 * each. All targets are looked at, so that the queue of a slow one hides
 * nothing of the others.
 */
export async function claimDue(db: Kysely<Tables>, limits: ClaimLimits): Promise<Claimed[]> {
  const { free, perTarget, running, aheadMs } = limits
  const due = sql`d.state = 'pending' and d.next_at <= ${after(aheadMs)} and (d.lease_until is null or d.lease_until < now())`
  return begin(
    db,
    limits,
    sql`
    targets (target) as (
      (select target from webhook_deliveries where state = 'pending' order by target limit 1)
      union all
      select (
        select d.target from webhook_deliveries d
        where d.state = 'pending' and d.target > t.target order by d.target limit 1)
      from targets t where t.target is not null
    ), candidates as (
      select candidate.id from targets t
      left join unnest(${[...running.keys()]}::text[], ${[...running.values()]}::int[]) as busy (target, running)
        on busy.target = t.target
      cross join lateral (
        select first.id, first.next_at, row_number() over (order by first.next_at) as place
        from (
          select d.id, d.next_at from webhook_deliveries d
          where d.target = t.target and coalesce(busy.running, 0) < ${perTarget} and ${due} and not exists (
            select 1 from webhook_deliveries earlier
            where earlier.state = 'pending' and earlier.target = d.target and earlier.subject = d.subject
              and earlier.sequence < d.sequence
              and (earlier.tries < ${HOLDING_TRIES} or earlier.lease_until > now()))
          order by d.next_at limit ${perTarget}
        ) as first
      ) as candidate
      where candidate.place <= ${perTarget} - coalesce(busy.running, 0)
      order by candidate.next_at limit ${free}
    ), chosen as (
      select d.id from webhook_deliveries d join candidates using (id) where ${due} for update of d skip locked
    )`,
  )
}

/** Takes one delivery, whether or not it is due and whatever else its target has to do. */
export async function claimOne(
  db: Kysely<Tables>,
  id: string,
  lease: Pick<ClaimLimits, 'owner' | 'leaseMs'>,
): Promise<Claimed | undefined> {
  const [claimed] = await begin(db, lease, sql`chosen as (select ${id}::text as id)`)
  return claimed
}

/** @param chosen Common table expressions, one of which is named `chosen` and has the ids. */
async function begin(
  db: Kysely<Tables>,
  { owner, leaseMs }: Pick<ClaimLimits, 'owner' | 'leaseMs'>,
  chosen: RawBuilder<unknown>,
): Promise<Claimed[]> {
  const { rows } = await sql<Claimed>`
    with recursive ${chosen}, claimed as (
      update webhook_deliveries d set
        attempts = d.attempts + 1, tries = d.tries + 1, lease_by = ${owner}, lease_until = ${after(leaseMs)}
      from chosen where d.id = chosen.id
      returning d.*
    ), addressed as (
      select claimed.id, claimed.attempts as attempt, claimed.tries, claimed.target, claimed.event_id, claimed.type,
        claimed.sequence, claimed.key_id, claimed.endpoint_id, coalesce(endpoint.url, claimed.url) as url,
        claimed.secret as own_secret, endpoint.enabled, endpoint.secret,
        case when endpoint.previous_until > now() then endpoint.previous_secret end as previous_secret
      from claimed left join webhook_endpoints endpoint on endpoint.id = claimed.endpoint_id
    ), logged as (
      insert into webhook_attempts (delivery_id, attempt, url, started_at)
      select id, attempt, url, clock_timestamp() from addressed
    )
    select addressed.*, event.created_at as timestamp, event.payload::text as payload
    from addressed join webhook_events event on event.id = addressed.event_id`.execute(db)
  return rows
}

/** Keeps deliveries that are under way from being taken by others. */
export async function renewLeases(
  db: Kysely<Tables>,
  { owner, leaseMs }: Pick<ClaimLimits, 'owner' | 'leaseMs'>,
  ids: readonly string[],
): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ lease_until: after(leaseMs) })
    .where('lease_by', '=', owner)
    .where('id', 'in', ids)
    .execute()
}

/** Lets others have at once what this process will not bring to an end. */
export async function releaseLeases(db: Kysely<Tables>, owner: string): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ lease_until: null, lease_by: null })
    .where('lease_by', '=', owner)
    .execute()
}
