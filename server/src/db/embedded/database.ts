import { Kysely, sql } from 'kysely'
import type { Log, Opened } from '../database.ts'
import { IDLE_TRANSACTION_MS, STATEMENT_MS } from '../limits.ts'
import type { Tables } from '../tables.ts'
import type { Connection } from './client.ts'
import { embeddedDialect, type Patience } from './dialect.ts'
import { openConnection } from './launch.ts'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 5_000

const IMPATIENT: Patience = {
  statementMs: STATEMENT_MS,
  transactionStatementMs: 2 * STATEMENT_MS,
  // One transaction that is left lying is waited for.
  beginMs: IDLE_TRANSACTION_MS + STATEMENT_MS,
}
const PATIENT: Patience = {
  statementMs: Number.POSITIVE_INFINITY,
  transactionStatementMs: Number.POSITIVE_INFINITY,
  beginMs: Number.POSITIVE_INFINITY,
}

type Listener = (payload: string) => void

/** The link of this process to the embedded database; it comes back by itself when it is lost. */
class Link {
  readonly #dataDir: string
  readonly #log: Log
  readonly #listeners = new Map<string, Set<Listener>>()
  #connection: Connection | undefined
  #opening: Promise<Connection> | undefined
  readonly #closing = new AbortController()

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
    const events = {
      onNotify: (channel: string, payload: string) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener(payload)
      },
      onLost: () => this.#onLost(),
    }
    const connection = await openConnection(this.#dataDir, this.#log, events, this.#closing.signal)
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

  get #closed(): boolean {
    return this.#closing.signal.aborted
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

  /** Ends the connection, and also one that is just being made. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The database is closed.'))
    await this.#opening?.catch(() => {})
    await this.#connection?.close()
  }
}

/** The embedded database of a data directory, in a process that all processes of this machine share. */
export async function openEmbedded(dataDir: string, log: Log): Promise<Opened> {
  const link = new Link(dataDir, log)
  await link.connect()
  const database = new Kysely<Tables>({ dialect: embeddedDialect(link.connect, IMPATIENT) })
  let closing: Promise<void> | undefined
  return {
    patient: new Kysely<Tables>({ dialect: embeddedDialect(link.connect, PATIENT) }),
    database: {
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
    },
  }
}
