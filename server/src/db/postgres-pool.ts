import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { TurnoutError } from '../core/error.ts'

/** An error that PostgreSQL itself reports has five characters (PostgreSQL documentation, appendix A). */
const SQLSTATE = /^[0-9A-Z]{5}$/
/** Of those: the connection, the resources, the operator and the time have failed, and not the statement. */
const AWAY = /^(08|53|57P|57014)/

function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || !SQLSTATE.test(code) || AWAY.test(code)
}

const away = (cause: unknown): TurnoutError =>
  new TurnoutError('overloaded', 'The database does not answer right now.', { retryAfterMs: 1_000, cause })

/**
 * A pool as Kysely asks for connections. It tells the absence of the server as
 * it is told for the embedded database: TurnoutError overloaded.
 */
export function kyselyPool(config: pg.PoolConfig, log: { warn(details: object, message: string): void }): PostgresPool {
  const pool = new pg.Pool(config)
  // A connection that dies is replaced by the pool. Unheard, its event would end the process; the pool hears only that
  // of idle ones.
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'))
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      try {
        return kyselyClient(await pool.connect())
      } catch (error) {
        throw isAbsence(error) ? away(error) : error
      }
    },
  }
}

/**
 * A connection that owes an answer is not used again. What nobody waits for any
 * more may still be carried out, and where that is the beginning of a
 * transaction, all that others write here later would be in it and end with it.
 */
function kyselyClient(client: pg.PoolClient): PostgresPoolClient {
  let lost: TurnoutError | undefined
  async function query(sql: string, parameters: readonly unknown[]) {
    if (lost) throw lost
    try {
      return await client.query(sql, parameters as unknown[])
    } catch (error) {
      if (!isAbsence(error)) throw error
      lost = away(error)
      throw lost
    }
  }
  return {
    // The other way of calling it is for cursors, of which Kysely has been given none.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy = false) => client.release(destroy || lost !== undefined),
  }
}
