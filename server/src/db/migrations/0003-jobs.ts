import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Media jobs, the attempts that they made, what those were charged, and what
 * happened to them. What clients and providers wrote is kept as json: jsonb
 * refuses NUL, which JSON may have. The jobs are their own queue: `wake_at` says when a step
 * is due, `lease_until` whether somebody is at it.
 */
export const jobs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table jobs (
        id text primary key,
        kind text not null check (kind in ('text', 'image', 'video')),
        state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'canceled', 'unknown')),
        step text not null check (step in ('start', 'poll', 'collect', 'parts', 'reconcile', 'rest')),
        model text not null,
        deployment text,
        provider text,
        key_id text not null,
        user_id text,
        request_id text not null,
        request json not null,
        metadata json not null default '{}',
        idempotency_key text,
        request_hash text not null,
        priority int not null default 0,
        set_id text,
        parent_id text references jobs (id) on delete cascade,
        place int not null default 0,
        retry_of text,
        webhook json,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        deadline_at timestamptz not null,
        cancel_requested_at timestamptz,
        wake_at timestamptz,
        lease_owner text,
        lease_until timestamptz,
        tries int not null default 0,
        waiting json,
        progress real,
        queue_position int,
        outputs json not null default '[]',
        usage jsonb not null default '{}',
        warnings json not null default '[]',
        mapped json not null default '[]',
        error json,
        quoted_nano bigint,
        reported_nano bigint,
        settled_nano bigint,
        emulated boolean not null default false,
        sequence int not null default 0
      )`.execute(db)
    await sql`create unique index jobs_by_idempotency on jobs (key_id, idempotency_key) where idempotency_key is not null`.execute(
      db,
    )
    await sql`create index jobs_by_time on jobs (created_at desc, id desc)`.execute(db)
    await sql`create index jobs_by_key on jobs (key_id, created_at desc)`.execute(db)
    await sql`create index jobs_by_set on jobs (set_id) where set_id is not null`.execute(db)
    await sql`create index jobs_by_parent on jobs (parent_id) where parent_id is not null`.execute(db)
    await sql`create index jobs_due on jobs (wake_at) where wake_at is not null`.execute(db)
    await sql`create index jobs_queued on jobs (priority desc, created_at) where state = 'queued'`.execute(db)
    await sql`create index jobs_running on jobs (provider) where state = 'running'`.execute(db)
    await sql`
      create table job_attempts (
        id text primary key,
        job_id text not null references jobs (id) on delete cascade,
        number int not null,
        deployment text not null,
        provider text not null,
        upstream_model text not null,
        state text not null check (state in (
          'submitting', 'accepted', 'made', 'succeeded', 'not_delivered', 'refused', 'failed', 'canceled', 'unknown')),
        payload_hash text not null,
        operation json,
        result json,
        error json,
        started_at timestamptz not null default now(),
        accepted_at timestamptz,
        finished_at timestamptz,
        upstream_request_id text,
        reported_nano bigint,
        unique (job_id, number)
      )`.execute(db)
    await sql`
      create table job_charges (
        attempt_id text not null references job_attempts (id) on delete cascade,
        kind text not null check (kind in ('reserve', 'settle', 'reconcile')),
        amount_nano bigint,
        created_at timestamptz not null default now(),
        primary key (attempt_id, kind)
      )`.execute(db)
    await sql`
      create table job_events (
        job_id text not null references jobs (id) on delete cascade,
        sequence int not null,
        type text not null,
        data json not null,
        created_at timestamptz not null default now(),
        primary key (job_id, sequence)
      )`.execute(db)
  },
}
