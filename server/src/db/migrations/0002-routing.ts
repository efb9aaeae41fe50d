import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Pools and roles as their history: the latest revision of a name is what holds, and none is ever changed. */
export const routing: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table routing_revisions (
        id bigint generated always as identity primary key,
        kind text not null check (kind in ('pool', 'role')),
        name text not null,
        revision int not null,
        record jsonb,
        author text not null,
        created_at timestamptz not null default now(),
        unique (kind, name, revision)
      )`.execute(db)
  },
}
