import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Deployments as all processes know them, the variants of requests, and what users think of answers. */
export const experiments: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create sequence deployment_health_versions`.execute(db)
    await sql`
      create table deployment_health (
        deployment text primary key,
        version bigint not null,
        drained boolean not null default false,
        drained_by text,
        resets int not null default 0,
        cooling_until timestamptz,
        open boolean not null default false,
        strikes int not null default 0,
        error_code text,
        error_at timestamptz,
        forget_at timestamptz not null
      )`.execute(db)
    await sql`alter table attempts add column experiment text, add column variant text`.execute(db)
    await sql`
      create index attempts_by_experiment on attempts (experiment, started_at)
      where experiment is not null`.execute(db)
    await sql`
      create table feedback (
        request_id text not null,
        key_id text not null,
        score float8 not null check (score between -1 and 1),
        label text,
        comment text,
        created_at timestamptz not null default now(),
        primary key (request_id, key_id)
      )`.execute(db)
  },
}
