import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Of the processes that have heard of a cooldown, one tries the deployment first when it is over. */
export const probes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table deployment_health add column told_by text`.execute(db)
  },
}
