import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Database, Log } from './database.ts'
import type { Tables } from './tables.ts'
import { typeParser } from './types.ts'

const MAX_CONNECTIONS = 10
const CONNECT_MS = 5_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

type Listener = (payload: string) => void

/** The connection that hears notifications; it comes back by itself when it is lost. */
class NotificationClient {
  readonly #config: pg.ClientConfig
  readonly #log: Log
  readonly #listeners = new Map<string, Set<Listener>>()
  #client: pg.Client | undefined
  #connecting: Promise<void> | undefined
  #closed = false

  constructor(config: pg.ClientConfig, log: Log) {
    this.#config = config
    this.#log = log
  }

  async listen(channel: string, onNotify: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(onNotify))
    if (this.#client) await this.#client.query(`listen ${pg.escapeIdentifier(channel)}`)
    else await this.#reach()
    return async () => {
      listeners.delete(onNotify)
    }
  }

  /** Connects, once for all who ask meanwhile. */
  #reach(): Promise<void> {
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#config)
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, undefined))
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(payload)
    })
    try {
      await client.connect()
      for (const channel of this.#listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
      this.#client = client
    } finally {
      this.#connecting = undefined
    }
  }

  #lost(client: pg.Client, error: Error | undefined): void {
    if (this.#client !== client) return
    this.#client = undefined
    if (this.#closed) return
    this.#log.warn({ err: error?.message }, 'the connection for notifications was lost')
    void this.#reconnect()
  }

  async #reconnect(): Promise<void> {
    for (let delay = FIRST_RETRY_MS; !this.#closed; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
      await wait(delay, undefined, { ref: false })
      if (this.#closed) return
      try {
        await this.#reach()
        return
      } catch {}
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#client?.end().catch(() => {})
  }
}

/** A PostgreSQL server. Nothing is asked of it before the first query. */
export function openPostgres(url: string, log: Log): Database {
  const config: pg.PoolConfig = {
    connectionString: url,
    application_name: 'turnout',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: { getTypeParser: ((oid: number) => typeParser(oid)) as typeof pg.types.getTypeParser },
  }
  const pool = new pg.Pool({ ...config, max: MAX_CONNECTIONS })
  // An idle connection that dies is replaced by the pool; unheard, the event would end the process.
  pool.on('error', (error) => log.warn({ err: error.message }, 'a database connection was lost'))
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
