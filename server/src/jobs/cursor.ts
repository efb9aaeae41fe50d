import { TurnoutError } from '../core/error.ts'
import type { Db } from './record.ts'

/**
 * That nothing follows an entry is told only of one that is there: a list that
 * goes on behind one that was deleted would seem to end.
 *
 * @throws TurnoutError invalid_input
 */
export async function requireCursor(
  db: Db,
  table: 'jobs' | 'webhook_endpoints' | 'webhook_deliveries',
  cursor: string,
): Promise<void> {
  const found = await db.selectFrom(table).select('id').where('id', '=', cursor).executeTakeFirst()
  if (found) return
  throw new TurnoutError(
    'invalid_input',
    'cursor must be the nextCursor of the page before. Where its last entry was deleted since, begin with the first page.',
    { param: 'cursor' },
  )
}
