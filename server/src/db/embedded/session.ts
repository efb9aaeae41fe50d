import type { PGlite } from '@electric-sql/pglite'
import type { RawResult } from './protocol.ts'

/** Whoever may hold the session. */
export type Holder = object

interface Waiting {
  holder: Holder
  run: () => Promise<void>
}

/**
 * The one session of the database, shared by turns. What is asked runs in the
 * order in which it was asked; a holder that has begun is alone until it ends.
 */
export class Session {
  readonly #db: PGlite
  #queue: Waiting[] = []
  #owner: Holder | undefined
  #running = false
  /** Something was asked since the last look. */
  used = false

  constructor(db: PGlite) {
    this.#db = db
  }

  query(holder: Holder, sql: string, parameters: readonly (string | null)[]): Promise<RawResult> {
    return this.#enqueue(holder, async () => {
      const { rows, fields, affectedRows } = await this.#db.query<(string | null)[]>(sql, [...parameters], {
        rowMode: 'array',
      })
      return {
        columns: fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID })),
        rows,
        affectedRows: affectedRows ?? 0,
      }
    })
  }

  listen(holder: Holder, channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#enqueue(holder, () => this.#db.listen(channel, onNotify))
  }

  begin(holder: Holder): Promise<void> {
    return this.#enqueue(holder, async () => {
      this.#owner = holder
    })
  }

  async end(holder: Holder): Promise<void> {
    if (this.#owner !== holder) return
    await this.#enqueue(holder, async () => {
      this.#owner = undefined
    })
  }

  /** A client is gone: what it waited for is dropped, and what it had begun is rolled back. */
  async leave(holder: Holder): Promise<void> {
    this.#queue = this.#queue.filter((waiting) => waiting.holder !== holder)
    if (this.#owner !== holder) return
    await this.#enqueue(holder, async () => {
      await this.#db.exec('rollback')
      this.#owner = undefined
    })
  }

  /** Clears away dead rows; PGlite has no autovacuum. */
  async vacuum(): Promise<void> {
    await this.#enqueue({}, async () => {
      await this.#db.exec('vacuum analyze')
      this.used = false
    })
  }

  #enqueue<T>(holder: Holder, work: () => Promise<T>): Promise<T> {
    this.used = true
    return new Promise((resolve, reject) => {
      this.#queue.push({ holder, run: () => work().then(resolve, reject) })
      void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let next = this.#take(); next; next = this.#take()) await next.run()
    this.#running = false
  }

  /** The next in turn: while somebody holds the session, the next of theirs. */
  #take(): Waiting | undefined {
    if (this.#owner === undefined) return this.#queue.shift()
    const index = this.#queue.findIndex(({ holder }) => holder === this.#owner)
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0]
  }
}
