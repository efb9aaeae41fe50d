/** After this long without a query in it, a transaction is rolled back on either database: it holds up others. */
export const IDLE_TRANSACTION_MS = 60_000
/** How long a statement may take, the wait for its turn included; migrations may take as long as they need. */
export const STATEMENT_MS = 5_000
/** How long a database that is closed may take to come to rest. */
export const CLOSE_MS = 3_000
