import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { encodeParameter, typeParser } from '../types.ts'
import type { Connection } from './client.ts'
import type { RawResult } from './protocol.ts'

function decode<R>({ columns, rows, affectedRows }: RawResult): QueryResult<R> {
  const parsers = columns.map(({ oid }) => typeParser(oid))
  return {
    numAffectedRows: BigInt(affectedRows),
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

/** What Kysely takes for a connection: a turn at the one connection that this process has. */
class Turn implements DatabaseConnection {
  readonly #connect: () => Promise<Connection>
  /** In a transaction: where it was begun. It must not go on elsewhere after that was lost. */
  #pinned: Connection | undefined
  #turn = NO_TURN

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const connection = this.#pinned ?? (await this.#connect())
    return decode<R>(await connection.query(sql, parameters.map(encodeParameter), this.#turn))
  }

  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    yield* []
    throw new Error('The embedded database does not stream the rows of a query.')
  }

  async begin(): Promise<void> {
    const connection = await this.#connect()
    this.#turn = await connection.begin()
    this.#pinned = connection
  }

  async end(): Promise<void> {
    const connection = this.#pinned
    const turn = this.#turn
    this.#pinned = undefined
    this.#turn = NO_TURN
    if (connection && !connection.closed) await connection.end(turn)
  }
}

class EmbeddedDriver implements Driver {
  readonly #connect: () => Promise<Connection>

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new Turn(this.#connect)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as Turn).begin()
    await connection.executeQuery(CompiledQuery.raw('begin'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit')).finally(() => (connection as Turn).end())
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback')).finally(() => (connection as Turn).end())
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await (connection as Turn).end()
  }

  async destroy(): Promise<void> {}
}

/** PostgreSQL's dialect over the connection to the embedded database. */
export const embeddedDialect = (connect: () => Promise<Connection>): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new EmbeddedDriver(connect),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})
