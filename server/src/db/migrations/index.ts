import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { TurnoutError } from '../../core/error.ts'
import type { Tables } from '../tables.ts'
import { initial } from './0001-initial.ts'
import { routing } from './0002-routing.ts'
import { jobs } from './0003-jobs.ts'
import { artifacts } from './0004-artifacts.ts'
import { webhooks } from './0005-webhooks.ts'
import { templates } from './0006-templates.ts'
import { experiments } from './0007-experiments.ts'
import { comparisons } from './0008-comparisons.ts'
import { unknownJobs } from './0009-unknown-jobs.ts'
import { probes } from './0010-probes.ts'

/** In the order in which they are made; a name never changes once it has been released. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-routing': routing,
  '0003-jobs': jobs,
  '0004-artifacts': artifacts,
  '0005-webhooks': webhooks,
  '0006-templates': templates,
  '0007-experiments': experiments,
  '0008-comparisons': comparisons,
  '0009-unknown-jobs': unknownJobs,
  '0010-probes': probes,
}

/**
 * Brings the tables up to this version. Processes that start together wait for one another.
 * @throws TurnoutError invalid_input where a newer version has been here
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const foreign = await foreignMigration(db).catch(() => undefined)
  if (foreign === undefined) throw error
  throw new TurnoutError(
    'invalid_input',
    `The database was made by a newer version of Turnout, which has the migration "${foreign}"; start that version, or name another database.`,
    { cause: error },
  )
}

/** A migration that was made in this database and that this version does not know. */
async function foreignMigration(db: Kysely<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name desc`.execute(db)
  return rows.find(({ name }) => !(name in MIGRATIONS))?.name
}
