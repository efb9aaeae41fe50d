import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import { type Database, openDatabase } from '../../db/database.ts'
import type { ServerOptions } from '../../options.ts'
import { commandLog } from '../log.ts'
import { type Finding, fail, ok } from './finding.ts'

/**
 * Opens the database, which brings its tables up to date, as a start would.
 * An embedded database that was never started is left alone.
 */
export async function checkDatabase(options: ServerOptions): Promise<{ finding: Finding; database?: Database }> {
  const { dataDir, databaseUrl: url } = options
  if (url === undefined && !existsSync(dataDir)) {
    return { finding: ok('embedded database will be made by the first start') }
  }
  let database: Database | undefined
  try {
    database = await openDatabase({ dataDir, url, log: commandLog(options) })
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(
      database.sql,
    )
    const kind = url === undefined ? 'embedded database' : 'PostgreSQL database'
    return { finding: ok(`${kind} answers and is up to date (${rows[0]?.version})`), database }
  } catch (error) {
    await database?.close()
    const mend =
      url === undefined
        ? 'Check that no other program holds the data directory, and that there is space left on its disk.'
        : 'Check that the server in DATABASE_URL runs, and that user, password and database are right.'
    return { finding: fail(`database: ${reason(error)}`, mend) }
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error instanceof TurnoutError && error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.message}${cause}`
}
