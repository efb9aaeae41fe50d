import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Templates as their history: every change adds a version, and none is ever
 * changed. As json and not jsonb, a record keeps the order of its variables.
 */
export const templates: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table templates (
        id text primary key,
        version int not null,
        deleted boolean not null default false
      )`.execute(db)
    await sql`
      create table template_versions (
        template_id text not null references templates (id),
        version int not null,
        record json,
        author text not null,
        created_at timestamptz not null default now(),
        primary key (template_id, version)
      )`.execute(db)
  },
}
