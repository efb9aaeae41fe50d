import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type pg from 'pg'
import type { Log, Opened } from './database.ts'
import { CLOSE_MS, IDLE_TRANSACTION_MS, STATEMENT_MS } from './limits.ts'
import { NotificationClient } from './notifications.ts'
import { unreachable } from './postgres-failure.ts'
import { kyselyPool } from './postgres-pool.ts'
import type { Tables } from './tables.ts'
import { typeParser } from './types.ts'

const MAX_CONNECTIONS = 10
const CONNECT_MS = 5_000
/** A server that is gone without a word is asked for a sign of life after this long; the system's default is two hours. */
const KEEP_ALIVE_MS = 10_000
/** Here for a server that does not answer, there for a statement whose asker is gone. */
const IMPATIENT: pg.ClientConfig = { query_timeout: STATEMENT_MS, statement_timeout: STATEMENT_MS }

/**
 * A PostgreSQL server.
 * @throws TurnoutError connection where it cannot be reached
 */
export async function openPostgres(url: string, log: Log): Promise<Opened> {
  const sockets = new Set<Socket>()
  const config: pg.PoolConfig = {
    connectionString: url,
    application_name: 'turnout',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    types: { getTypeParser: ((oid: number) => typeParser(oid)) as typeof pg.types.getTypeParser },
    max: MAX_CONNECTIONS,
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      return socket.once('close', () => sockets.delete(socket))
    },
  }
  const patient = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: kyselyPool(config, log) }) })
  try {
    await sql`select 1`.execute(patient)
  } catch (error) {
    await patient.destroy()
    throw unreachable(url, error)
  }
  const database = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: kyselyPool({ ...config, ...IMPATIENT }, log) }),
  })
  const notifications = new NotificationClient({ ...config, ...IMPATIENT }, log)

  const close = async () => {
    const late = new AbortController()
    const rest = Promise.allSettled([notifications.close(), database.destroy(), patient.destroy()])
    await Promise.race([rest, wait(CLOSE_MS, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
    // A server that does not answer does not say goodbye either.
    for (const socket of sockets) socket.destroy()
  }
  let closing: Promise<void> | undefined
  return {
    patient,
    database: {
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
        closing ??= close()
        return closing
      },
    },
  }
}
