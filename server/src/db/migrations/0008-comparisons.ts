import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What was compared; the members are jobs of the set of the same id. */
export const comparisons: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table comparisons (
        id text primary key,
        key_id text not null,
        kind text not null,
        prompt text not null,
        left_out json not null,
        warnings json not null,
        created_at timestamptz not null default now()
      )`.execute(db)
  },
}
