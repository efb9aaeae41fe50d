import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Virtual keys, the database's models, the attempts, and settings that all processes share. */
export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table virtual_keys (
        id text primary key,
        name text not null,
        prefix text not null,
        hash text not null unique,
        owner text,
        role text not null check (role in ('viewer', 'user', 'admin')),
        limits jsonb not null default '{}',
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz
      )`.execute(db)
    await sql`
      create table models (
        id text primary key,
        record jsonb not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`.execute(db)
    await sql`
      create table attempts (
        id text primary key,
        request_id text not null,
        attempt int not null,
        operation text not null,
        model text not null,
        provider text not null,
        upstream_model text not null,
        key_id text,
        user_id text,
        started_at timestamptz not null,
        latency_ms int,
        first_part_ms int,
        streamed boolean not null,
        outcome text not null check (outcome in ('running', 'succeeded', 'failed', 'canceled', 'unknown')),
        error_code text,
        usage jsonb not null default '{}',
        cost_nano bigint,
        emulated boolean not null,
        upstream_request_id text,
        writer text not null
      )`.execute(db)
    await sql`create index attempts_by_time on attempts (started_at desc, id desc)`.execute(db)
    await sql`create index attempts_by_request on attempts (request_id)`.execute(db)
    await sql`create index attempts_by_key on attempts (key_id, started_at)`.execute(db)
    await sql`create index attempts_by_model on attempts (model, started_at)`.execute(db)
    await sql`create index attempts_running on attempts (writer) where outcome = 'running'`.execute(db)
    await sql`
      create table settings (
        name text primary key,
        value jsonb not null,
        created_at timestamptz not null default now()
      )`.execute(db)
  },
}
