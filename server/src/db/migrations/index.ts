import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { TurnoutError } from '../../core/error.ts'
import type { Tables } from '../tables.ts'
import { initial } from './0001-initial.ts'

/** In the order in which they are made; a name never changes once it has been released. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
}

/**
 * Brings the tables up to this version. Processes that start together wait for one another.
 * @throws TurnoutError invalid_input where a newer version has been here
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const message = error instanceof Error ? error.message : String(error)
  if (/previously executed migration .* is missing|corrupted migrations/i.test(message)) {
    throw new TurnoutError(
      'invalid_input',
      'The database was made by a newer version of Turnout; start that version or another database.',
      {
        param: 'DATABASE_URL',
        cause: error,
      },
    )
  }
  throw error
}
