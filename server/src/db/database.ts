import type { Kysely } from 'kysely'
import { openEmbedded } from './embedded/database.ts'
import { migrate } from './migrations/index.ts'
import { openPostgres } from './postgres.ts'
import type { Tables } from './tables.ts'

export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** The one dialect of SQL, wherever it is spoken. */
export interface Database {
  readonly kind: 'embedded' | 'postgres'
  readonly sql: Kysely<Tables>
  /** Calls back for every NOTIFY on the channel, also after the connection was lost and made again. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>
  notify(channel: string, payload?: string): Promise<void>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Where the embedded database lies. */
  dataDir: string
  /** A PostgreSQL to use instead. */
  url?: string | undefined
  log?: Log | undefined
}

/** A database that was just opened. */
export interface Opened {
  database: Database
  /** For migrations: waits for each answer as long as it takes. Destroyed when they are done. */
  patient: Kysely<Tables>
}

const SILENT: Log = { info() {}, warn() {}, error() {} }

/**
 * Opens the database and brings its tables up to date. Whatever is asked of it
 * later fails when it is not answered within seconds.
 * @throws TurnoutError that names the option where the data directory cannot be used or PostgreSQL cannot be reached
 */
export async function openDatabase({ dataDir, url, log = SILENT }: DatabaseOptions): Promise<Database> {
  const { database, patient } = await (url === undefined ? openEmbedded(dataDir, log) : openPostgres(url, log))
  try {
    await migrate(patient)
    await patient.destroy()
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
