import { Kysely, sql } from 'kysely'
import type { Database, Log } from '../database.ts'
import type { Tables } from '../tables.ts'
import type { Connection } from './client.ts'
import { embeddedDialect } from './dialect.ts'
import { openConnection } from './launch.ts'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 5_000

type Listener = (payload: string) => void

/** The link of this process to the embedded database; it comes back by itself when it is lost. */
class Link {
  readonly #dataDir: string
  readonly #log: Log
  readonly #listeners = new Map<string, Set<Listener>>()
  #connection: Connection | undefined
  #opening: Promise<Connection> | undefined
  #closed = false

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir
    this.#log = log
  }

  readonly connect = async (): Promise<Connection> => {
    if (this.#connection && !this.#connection.closed) return this.#connection
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<Connection> {
    this.#assertOpen()
    const connection = await openConnection(this.#dataDir, this.#log, {
      onNotify: (channel, payload) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener(payload)
      },
      onLost: () => this.#onLost(),
    })
    try {
      for (const channel of this.#listeners.keys()) await connection.listen(channel)
      this.#assertOpen()
    } catch (error) {
      await connection.close()
      throw error
    }
    this.#connection = connection
    return connection
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('The database is closed.')
  }

  #onLost(): void {
    if (this.#closed) return
    this.#log.warn({}, 'the connection to the embedded database was lost')
    if (this.#listeners.size > 0) this.#reopen(FIRST_RETRY_MS)
  }

  /** Whoever listens asks for nothing and would never notice. */
  #reopen(delay: number): void {
    setTimeout(() => {
      if (!this.#closed) this.connect().catch(() => this.#reopen(Math.min(delay * 2, LAST_RETRY_MS)))
    }, delay).unref()
  }

  async listen(channel: string, onNotify: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(onNotify))
    const unlisten = async () => {
      listeners.delete(onNotify)
    }
    try {
      await (await this.connect()).listen(channel)
    } catch (error) {
      await unlisten()
      throw error
    }
    return unlisten
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => {})
    await this.#connection?.close()
  }
}

/** The embedded database of a data directory, in a process that all processes of this machine share. */
export async function openEmbedded(dataDir: string, log: Log): Promise<Database> {
  const link = new Link(dataDir, log)
  await link.connect()
  const database = new Kysely<Tables>({ dialect: embeddedDialect(link.connect) })
  let closing: Promise<void> | undefined
  return {
    kind: 'embedded',
    sql: database,
    listen: (channel, onNotify) => link.listen(channel, onNotify),
    notify: async (channel, payload = '') => {
      await sql`select pg_notify(${channel}, ${payload})`.execute(database)
    },
    ping: async () => {
      await sql`select 1`.execute(database)
    },
    close: () => {
      closing ??= database.destroy().then(() => link.close())
      return closing
    },
  }
}
