import { describe, expect, test } from 'vitest'
import { KINDS } from '../../server/test/database.ts'
import { BOUNDARIES, type Boundary } from './boundaries.ts'
import { chain, type Kill } from './chain.ts'

/** The second time, so that a job that came there first is further on. */
const kills = (Object.keys(BOUNDARIES) as Boundary[]).map(
  (boundary, number): Kill => ({ boundary, nth: 2, turns: 0, database: number % 2 === 1 }),
)

describe.each(KINDS)('kill -9 at every step of a job, on the %s database', (kind) => {
  test('loses nothing, pays nothing twice and tells of everything', { timeout: 300_000 }, async () => {
    const verdicts = await chain(kind === 'postgres' ? 'postgres' : 'pglite', kills)
    expect(verdicts.flatMap(({ problems }) => problems)).toEqual([])
    expect(verdicts.every(({ paidAtMost, difference }) => paidAtMost <= 1 && difference === 0n)).toBe(true)
    expect(verdicts.map(({ webhooks }) => webhooks)).toEqual(verdicts.map(({ webhooksDue }) => webhooksDue))
  })
})
