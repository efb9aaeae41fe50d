import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Endpoints, what is told them, and how far it has come. */
export const webhooks: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table webhook_endpoints (
        id text primary key,
        url text not null,
        description text not null,
        secret text not null,
        previous_secret text,
        previous_until timestamptz,
        events text[] not null,
        key_id text,
        enabled boolean not null,
        disabled_reason text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`.execute(db)
    await sql`create index webhook_endpoints_by_key on webhook_endpoints (key_id)`.execute(db)
    await sql`
      create table webhook_events (
        id text primary key,
        type text not null,
        subject text not null,
        sequence int not null,
        key_id text,
        payload json not null,
        created_at timestamptz not null default now(),
        unique (subject, sequence)
      )`.execute(db)
    await sql`create index webhook_events_by_time on webhook_events (created_at)`.execute(db)
    await sql`
      create table webhook_deliveries (
        id text primary key,
        event_id text not null references webhook_events on delete cascade,
        type text not null,
        subject text not null,
        sequence int not null,
        endpoint_id text,
        key_id text,
        url text not null,
        secret text,
        target text not null,
        state text not null check (state in ('pending', 'delivered', 'failed')),
        attempts int not null default 0,
        tries int not null default 0,
        next_at timestamptz not null,
        lease_until timestamptz,
        lease_by text,
        last_status int,
        last_error text,
        created_at timestamptz not null default now(),
        ended_at timestamptz
      )`.execute(db)
    await sql`create index webhook_deliveries_due on webhook_deliveries (target, next_at) where state = 'pending'`.execute(
      db,
    )
    await sql`create index webhook_deliveries_order on webhook_deliveries (target, subject, sequence) where state = 'pending'`.execute(
      db,
    )
    await sql`create index webhook_deliveries_by_time on webhook_deliveries (created_at desc, id desc)`.execute(db)
    await sql`create index webhook_deliveries_by_event on webhook_deliveries (event_id)`.execute(db)
    await sql`create index webhook_deliveries_by_subject on webhook_deliveries (subject)`.execute(db)
    await sql`
      create table webhook_attempts (
        delivery_id text not null references webhook_deliveries on delete cascade,
        attempt int not null,
        url text not null,
        started_at timestamptz not null,
        latency_ms int,
        status int,
        error text,
        response text,
        primary key (delivery_id, attempt)
      )`.execute(db)
  },
}
