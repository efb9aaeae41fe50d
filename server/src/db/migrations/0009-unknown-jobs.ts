import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Metrics count the jobs whose outcome is not known, which are few, without reading all that there are. */
export const unknownJobs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index jobs_unknown on jobs (id) where state = 'unknown'`.execute(db)
  },
}
