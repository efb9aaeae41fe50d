import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from './database.ts'

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

type Listener = (payload: string) => void

/** The connection to a PostgreSQL server that hears notifications; it comes back by itself when it is lost. */
export class NotificationClient {
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
    const unlisten = async () => {
      listeners.delete(onNotify)
    }
    try {
      if (this.#client) await listenTo(this.#client, channel)
      else await this.#reach()
    } catch (error) {
      await unlisten()
      throw error
    }
    return unlisten
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    await this.#client?.end().catch(() => {})
  }

  /** Connects, once for all who ask meanwhile. */
  #reach(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<void> {
    if (this.#closed) throw new Error('The database is closed.')
    const client = new pg.Client(this.#config)
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, undefined))
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(payload)
    })
    try {
      await client.connect()
      for (const channel of this.#listeners.keys()) await listenTo(client, channel)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
  }

  #lost(client: pg.Client, error: Error | undefined): void {
    if (this.#client !== client) return
    this.#client = undefined
    if (this.#closed) return
    this.#log.warn({ err: error }, 'the connection for notifications was lost')
    void this.#reconnect()
  }

  async #reconnect(): Promise<void> {
    for (let delay = FIRST_RETRY_MS; !this.#closed; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
      await wait(delay, undefined, { ref: false })
      if (this.#closed || this.#client) return
      try {
        await this.#reach()
        return
      } catch (error) {
        this.#log.warn({ err: error }, 'the connection for notifications could not be made again')
      }
    }
  }
}

async function listenTo(client: pg.Client, channel: string): Promise<void> {
  await client.query(`listen ${pg.escapeIdentifier(channel)}`)
}
