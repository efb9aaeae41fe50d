import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { encodeParameter, typeParser } from '../types.ts'
import type { Connection } from './client.ts'
import type { RawResult } from './protocol.ts'

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function decode<R>({ command, columns, rows, affectedRows }: RawResult): QueryResult<R> {
  const parsers = columns.map(({ oid }) => typeParser(oid))
  return {
    numAffectedRows: WRITES.has(command) ? BigInt(affectedRows) : undefined,
    rows: rows.map((values) => {
      const row: Record<string, unknown> = {}
      for (const [i, { name }] of columns.entries()) {
        const value = values[i]
        row[name] = value === null || value === undefined ? null : parsers[i]!(value)
      }
      return row as R
    }),
  }
}

const NO_TURN = 0

/** How long answers are waited for, in milliseconds; see `Connection`. */
export interface Patience {
  /** For a statement by itself, the wait for the turns of others included. */
  statementMs: number
  /** For a statement in a transaction, which has its turn. */
  transactionStatementMs: number
  /** For a turn to begin a transaction in. */
  beginMs: number
}

/** What Kysely takes for a connection: a turn at the one connection that this process has. */
class Turn implements DatabaseConnection {
  readonly #connect: () => Promise<Connection>
  readonly #patience: Patience
  /** In a transaction: where it was begun. It must not go on elsewhere after that was lost. */
  #pinned: Connection | undefined
  #turn = NO_TURN

  constructor(connect: () => Promise<Connection>, patience: Patience) {
    this.#connect = connect
    this.#patience = patience
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return decode<R>(await this.#query(sql, parameters))
  }

  async #query(sql: string, parameters: readonly unknown[] = []): Promise<RawResult> {
    const connection = this.#pinned ?? (await this.#connect())
    const { statementMs, transactionStatementMs } = this.#patience
    const timeoutMs = this.#turn === NO_TURN ? statementMs : transactionStatementMs
    return connection.query(sql, parameters.map(encodeParameter), this.#turn, timeoutMs)
  }

  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    yield* []
    throw new Error('The embedded database does not stream the rows of a query.')
  }

  async begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    const connection = await this.#connect()
    const { beginMs, transactionStatementMs } = this.#patience
    const sql = `begin ${isolationLevel ? `isolation level ${isolationLevel}` : ''} ${accessMode ?? ''}`
    const { turn, begun } = connection.begin(beginMs)
    this.#pinned = connection
    this.#turn = turn
    try {
      // Sent behind the wish for a turn, it is carried out as soon as that comes.
      await Promise.all([begun, connection.query(sql, [], turn, beginMs + transactionStatementMs)])
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** @throws AbortedTransactionError where a query in it had failed, so that PostgreSQL rolls back instead */
  async commit(): Promise<void> {
    try {
      const { command } = await this.#query('commit')
      if (command === 'ROLLBACK') throw new AbortedTransactionError()
    } finally {
      this.end()
    }
  }

  async rollback(): Promise<void> {
    try {
      if (this.#pinned) await this.#query('rollback')
    } finally {
      this.end()
    }
  }

  /** Gives the session back, where it was taken. What is asked next comes after that. */
  end(): void {
    const connection = this.#pinned
    const turn = this.#turn
    this.#pinned = undefined
    this.#turn = NO_TURN
    // A connection that is lost gives it back by that.
    connection?.end(turn).catch(() => {})
  }
}

class EmbeddedDriver implements Driver {
  readonly #connect: () => Promise<Connection>
  readonly #patience: Patience

  constructor(connect: () => Promise<Connection>, patience: Patience) {
    this.#connect = connect
    this.#patience = patience
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Turn> {
    return new Turn(this.#connect, this.#patience)
  }

  async beginTransaction(turn: Turn, settings: TransactionSettings): Promise<void> {
    await turn.begin(settings)
  }

  commitTransaction(turn: Turn): Promise<void> {
    return turn.commit()
  }

  rollbackTransaction(turn: Turn): Promise<void> {
    return turn.rollback()
  }

  async releaseConnection(turn: Turn): Promise<void> {
    turn.end()
  }

  async destroy(): Promise<void> {}
}

/** PostgreSQL's dialect over the connection to the embedded database. */
export const embeddedDialect = (connect: () => Promise<Connection>, patience: Patience): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new EmbeddedDriver(connect, patience),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
