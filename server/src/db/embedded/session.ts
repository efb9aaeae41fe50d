import type { PGlite } from '@electric-sql/pglite'
import { IDLE_TRANSACTION_MS } from '../limits.ts'
import type { ErrorReport, RawResult } from './protocol.ts'
import { Statements } from './statements.ts'

/** What the session needs of PGlite. */
export type Backend = Pick<PGlite, 'execProtocol' | 'exec' | 'onNotification' | 'isInTransaction'>

interface Query {
  sql: string
  parameters: readonly (string | null)[]
  /** When its asker stops waiting for the answer, in epoch milliseconds; it does not begin after that. */
  until?: number | undefined
}

/** Whoever may hold the session. */
export type Holder = object

interface Waiting {
  holder: Holder
  run: () => Promise<void>
}

/** A refusal of our own, with the SQLSTATE that PostgreSQL has for it. */
class Refusal extends Error implements ErrorReport {
  readonly code: string
  readonly severity = 'ERROR'

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The one session of the database, shared by turns. What is asked runs in the
 * order in which it was asked; a holder that has begun is alone until it ends,
 * or until it has asked for nothing for so long that it is rolled back.
 */
export class Session {
  readonly #db: Backend
  readonly #statements: Pick<Statements, 'query'>
  readonly #idleMs: number
  #queue: Waiting[] = []
  #owner: Holder | undefined
  #running = false
  #idle: NodeJS.Timeout | undefined
  #written = false

  constructor(db: Backend, idleMs = IDLE_TRANSACTION_MS, statements: Pick<Statements, 'query'> = new Statements(db)) {
    this.#db = db
    this.#statements = statements
    this.#idleMs = idleMs
  }

  /** A query by itself. It may not leave a transaction open, in which what others ask would then run. */
  query(holder: Holder, query: Query): Promise<RawResult> {
    return this.#enqueue(holder, async () => {
      const result = await this.#execute(query)
      if (!(await this.#rollBack())) return result
      throw new Refusal(
        '25000',
        'A transaction must be begun as one; this statement would have begun it for everybody.',
      )
    })
  }

  /** A query of a holder that has begun. */
  queryAlone(holder: Holder, query: Query): Promise<RawResult> {
    return this.#enqueue(holder, async () => {
      if (this.#owner === holder) return this.#execute(query)
      throw new Refusal('25P03', 'The transaction was rolled back, because nothing had been asked in it for too long.')
    })
  }

  /** Hears a channel from now on. The name is taken as it is; PGlite's own `listen` reads it as an identifier. */
  listen(holder: Holder, channel: string, onNotify: (payload: string) => void): Promise<unknown> {
    return this.#enqueue(holder, async () => {
      await this.#db.exec(`listen "${channel.replaceAll('"', '""')}"`)
      this.#db.onNotification((name, payload) => {
        if (name === channel) onNotify(payload)
      })
    })
  }

  begin(holder: Holder): Promise<void> {
    return this.#enqueue(holder, async () => {
      this.#owner = holder
    })
  }

  /** Gives the session back; what was neither committed nor rolled back is rolled back. */
  async end(holder: Holder): Promise<void> {
    if (this.#owner !== holder) return
    await this.#enqueue(holder, async () => {
      await this.#rollBack()
      this.#owner = undefined
    })
  }

  /** A client is gone: what it waited for is dropped, and what it had begun is rolled back. */
  async leave(holder: Holder): Promise<void> {
    this.#queue = this.#queue.filter((waiting) => waiting.holder !== holder)
    await this.end(holder)
  }

  /** Clears away dead rows, where there was writing; PGlite has no autovacuum. */
  async vacuum(): Promise<void> {
    if (!this.#written) return
    this.#written = false
    await this.#enqueue({}, () => this.#db.exec('vacuum (analyze)'))
  }

  async #execute({ sql, parameters, until = Number.POSITIVE_INFINITY }: Query): Promise<RawResult> {
    if (Date.now() > until) throw new Refusal('57014', 'The query came to its turn when nobody waited for it any more.')
    const result = await this.#statements.query(sql, parameters)
    if (result.affectedRows > 0) this.#written = true
    return result
  }

  /** @returns whether there was something to roll back */
  async #rollBack(): Promise<boolean> {
    if (!this.#db.isInTransaction()) return false
    await this.#db.exec('rollback')
    return true
  }

  #enqueue<T>(holder: Holder, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ holder, run: () => work().then(resolve, reject) })
      void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    if (this.#running) return
    this.#running = true
    clearTimeout(this.#idle)
    for (let next = this.#take(); next; next = this.#take()) await next.run()
    const owner = this.#owner
    if (owner) this.#idle = setTimeout(() => void this.leave(owner), this.#idleMs)
    this.#running = false
  }

  /** The next in turn: while somebody holds the session, the next of theirs. */
  #take(): Waiting | undefined {
    if (this.#owner === undefined) return this.#queue.shift()
    const index = this.#queue.findIndex(({ holder }) => holder === this.#owner)
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0]
  }
}
