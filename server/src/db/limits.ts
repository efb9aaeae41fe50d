/** After this long without a query in it, a transaction is rolled back on either database: it holds up others. */
export const IDLE_TRANSACTION_MS = 60_000
