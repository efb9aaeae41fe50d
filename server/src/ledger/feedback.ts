import { setTimeout as wait } from 'node:timers/promises'
import type { Feedback, GiveFeedback, Role } from '@turnout/contract'
import { sql } from 'kysely'
import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { storable } from '../lib/storable.ts'
import { answered } from './answered.ts'
import type { Ledger } from './types.ts'

/** Whose feedback it is. */
export interface Giver {
  keyId: string
  role: Role
}

/** What users think of answers. */
export interface FeedbackStore {
  /**
   * Stores it in the place of what the same key has said of the same request before.
   *
   * @throws TurnoutError not_found, permission, invalid_input, overloaded
   */
  give(feedback: GiveFeedback, giver: Giver): Promise<Feedback>
}

/** Records of other processes come to the database within about a second. */
const PATIENCE_MS = 2_000
const LOOK_EVERY_MS = 200

interface Asked {
  key_id: string | null
  experiment: string | null
  variant: string | null
}

const stored = (text: string | undefined): string | null => (text === undefined ? null : storable(text))

export function createFeedback(database: Database, ledger: Pick<Ledger, 'flush'>): FeedbackStore {
  const find = async (requestId: string): Promise<Asked | undefined> => {
    const { rows } = await sql<Asked>`
      select key_id, max(experiment) as experiment, max(variant) as variant from attempts
      where request_id = ${requestId} group by key_id limit 1`.execute(database.sql)
    return rows[0]
  }
  /** The answer may have been given a moment ago, by another process. */
  const waitFor = async (requestId: string): Promise<Asked | undefined> => {
    await ledger.flush()
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const asked = await find(requestId)
      if (asked || performance.now() > until) return asked
      await wait(LOOK_EVERY_MS)
    }
  }
  const store = async (
    { requestId, score, label, comment }: GiveFeedback,
    keyId: string,
    { experiment, variant }: Asked,
  ): Promise<Feedback> => {
    const said = { score, label: stored(label), comment: stored(comment), created_at: sql<Date>`clock_timestamp()` }
    const { created_at, ...row } = await database.sql
      .insertInto('feedback')
      .values({ request_id: requestId, key_id: keyId, ...said })
      .onConflict((conflict) => conflict.columns(['request_id', 'key_id']).doUpdateSet(said))
      .returning(['score', 'label', 'comment', 'created_at'])
      .executeTakeFirstOrThrow()
    return { requestId, ...row, experiment, variant, createdAt: created_at.toISOString() }
  }
  return {
    async give(feedback, { keyId, role }) {
      const { requestId } = feedback
      const asked = requestId.includes('\0') ? undefined : await answered(waitFor(requestId))
      if (asked === undefined) {
        throw new TurnoutError(
          'not_found',
          `No provider was asked for a request ${JSON.stringify(requestId)}; x-turnout-request-id tells the id of each.`,
          { param: 'requestId' },
        )
      }
      if (role !== 'admin' && asked.key_id !== keyId) {
        throw new TurnoutError('permission', 'Feedback may be given by the key that made the request, and by admins.', {
          param: 'requestId',
        })
      }
      return answered(store(feedback, keyId, asked))
    },
  }
}
