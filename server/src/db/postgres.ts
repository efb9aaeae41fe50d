import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Database, Log } from './database.ts'
import { IDLE_TRANSACTION_MS } from './limits.ts'
import { NotificationClient } from './notifications.ts'
import type { Tables } from './tables.ts'
import { typeParser } from './types.ts'

const MAX_CONNECTIONS = 10
const CONNECT_MS = 5_000
/** A server that is gone without a word is asked for a sign of life after this long; the system's default is two hours. */
const KEEP_ALIVE_MS = 10_000

/** A PostgreSQL server. Nothing is asked of it before the first query. */
export function openPostgres(url: string, log: Log): Database {
  const config: pg.PoolConfig = {
    connectionString: url,
    application_name: 'turnout',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    types: { getTypeParser: ((oid: number) => typeParser(oid)) as typeof pg.types.getTypeParser },
  }
  const pool = new pg.Pool({ ...config, max: MAX_CONNECTIONS })
  // A connection that dies is replaced by the pool. Unheard, its event would end the process; the pool hears only that
  // of idle ones.
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'))
  pool.on('connect', (client) => client.on('error', () => {}))
  const database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const notifications = new NotificationClient(config, log)
  let closing: Promise<void> | undefined
  return {
    kind: 'postgres',
    sql: database,
    listen: (channel, onNotify) => notifications.listen(channel, onNotify),
    notify: async (channel, payload = '') => {
      await sql`select pg_notify(${channel}, ${payload})`.execute(database)
    },
    ping: async () => {
      await sql`select 1`.execute(database)
    },
    close: () => {
      closing ??= Promise.all([notifications.close(), database.destroy()]).then(() => {})
      return closing
    },
  }
}
