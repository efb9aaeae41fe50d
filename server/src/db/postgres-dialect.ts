import { type DatabaseConnection, type Driver, PostgresDialect } from 'kysely'
import { TurnoutError } from '../core/error.ts'

/** An error that PostgreSQL itself reports has five characters (PostgreSQL documentation, appendix A). */
const SQLSTATE = /^[0-9A-Z]{5}$/
/** Of those: the connection, the resources and the operator have failed, and not the statement. */
const AWAY = /^(08|53|57P)/

function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof TurnoutError) return false
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || !SQLSTATE.test(code) || AWAY.test(code)
}

/** @throws TurnoutError overloaded where the server is away, else what it reports */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!isAway(error)) throw error
    throw new TurnoutError('overloaded', 'The database does not answer right now.', {
      retryAfterMs: 1_000,
      cause: error,
    })
  }
}

/** PostgreSQL, whose absence is told as it is for the embedded database. */
export class ToldPostgresDialect extends PostgresDialect {
  override createDriver(): Driver {
    const driver = super.createDriver()
    const acquire = driver.acquireConnection.bind(driver)
    const seen = new WeakSet<DatabaseConnection>()
    driver.acquireConnection = async (options) => {
      const connection = await told(acquire(options))
      if (!seen.has(connection)) {
        seen.add(connection)
        const execute = connection.executeQuery.bind(connection)
        connection.executeQuery = (query, more) => told(execute(query, more))
      }
      return connection
    }
    return driver
  }
}
