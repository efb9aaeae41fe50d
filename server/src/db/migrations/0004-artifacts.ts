import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Stored outputs and uploads. A row is there before its bytes are written and after they are deleted. */
export const artifacts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table artifacts (
        id text primary key,
        kind text not null check (kind in ('output', 'upload')),
        job_id text,
        attempt_id text,
        place int not null,
        key_id text,
        user_id text,
        filename text,
        storage_key text,
        media_type text,
        bytes bigint,
        sha256 text,
        width int,
        height int,
        duration_ms int,
        thumbhash text,
        thumbnail_key text,
        model text,
        lineage json not null,
        created_at timestamptz not null,
        stored_at timestamptz,
        expires_at timestamptz,
        deleted_at timestamptz,
        purged_at timestamptz
      )`.execute(db)
    await sql`create index artifacts_by_time on artifacts (created_at desc, id desc)`.execute(db)
    await sql`create index artifacts_by_key on artifacts (key_id, created_at desc, id desc)`.execute(db)
    await sql`create index artifacts_by_job on artifacts (job_id, place) where job_id is not null`.execute(db)
    await sql`create index artifacts_expiring on artifacts (expires_at) where deleted_at is null`.execute(db)
    await sql`create index artifacts_unfinished on artifacts (created_at) where stored_at is null`.execute(db)
    await sql`create index artifacts_deleted on artifacts (deleted_at) where deleted_at is not null`.execute(db)
  },
}
