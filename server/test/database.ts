import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../src/db/database.ts'
import { makeDatabase, type OwnDatabase, POSTGRES_URL } from '../src/db/testing/postgres-server.ts'
import { copyTemplate } from './template.ts'

/** The databases that can be tested on this machine. */
export const KINDS: readonly Database['kind'][] = POSTGRES_URL === undefined ? ['embedded'] : ['embedded', 'postgres']

export interface TestDatabase {
  db: Database
  dataDir: string
  /** Of the database on PostgreSQL; undefined for the embedded one. */
  url: string | undefined
  /** Another client of the same database. */
  open(): Promise<Database>
  /** Closes those other clients and empties all tables: a new database for the next test, without the seconds it takes. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** A new data directory whose embedded database has been made already, which takes seconds. */
export async function freshDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'turnout-'))
  copyTemplate(dataDir)
  return dataDir
}

/** Removes a data directory, whose database may still be on its way out. */
export const removeDataDir = async (dataDir: string): Promise<void> =>
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })

/** A database of the test's own, which goes when it is closed. */
export async function testDatabase(kind: Database['kind'] = 'embedded'): Promise<TestDatabase> {
  const dataDir = await freshDataDir()
  const own: OwnDatabase | undefined = kind === 'postgres' ? await makeDatabase() : undefined
  const url = own?.url
  const opened: Database[] = []
  const open = async () => {
    const db = await openDatabase({ dataDir, url })
    opened.push(db)
    return db
  }
  const db = await open()
  return {
    db,
    dataDir,
    url,
    open,
    async clear() {
      await Promise.all(opened.splice(1).map((other) => other.close()))
      const { rows } = await sql<{ name: string }>`
        select table_name as name from information_schema.tables
        where table_schema = 'public' and table_name not like 'kysely%'`.execute(db.sql)
      await sql`truncate ${sql.join(rows.map(({ name }) => sql.table(name)))}`.execute(db.sql)
    },
    async close() {
      await Promise.all(opened.map((db) => db.close()))
      await own?.drop()
      await removeDataDir(dataDir)
    },
  }
}
