import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import { createBacklog } from './backlog.ts'

describe.each(KINDS)('what waits in the %s database', (kind) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase(kind)
  })
  afterAll(() => database.close())

  test('is counted by state, and what is over is not', async () => {
    const { db } = database
    expect(await createBacklog(db)()).toEqual({ jobs: { queued: 0, running: 0, unknown: 0 }, webhookDeliveries: 0 })
    const states = ['queued', 'queued', 'queued', 'running', 'running', 'unknown', 'succeeded', 'failed', 'canceled']
    for (const [place, state] of states.entries()) {
      await sql`
        insert into jobs (id, kind, state, step, model, key_id, request_id, request, request_hash, deadline_at)
        values (${`job_${place}`}, 'image', ${state}, 'rest', 'brush', 'key', 'req', '{}', 'hash', now())`.execute(
        db.sql,
      )
    }
    await sql`insert into webhook_events (id, type, subject, sequence, payload) values ('evt', 'job', 's', 1, '{}')`.execute(
      db.sql,
    )
    for (const [place, state] of ['pending', 'pending', 'delivered', 'failed'].entries()) {
      await sql`
        insert into webhook_deliveries (id, event_id, type, subject, sequence, url, target, state, next_at)
        values (${`del_${place}`}, 'evt', 'job', 's', 1, 'https://edge.example', 't', ${state}, now())`.execute(db.sql)
    }
    const read = createBacklog(db)
    const found = { jobs: { queued: 3, running: 2, unknown: 1 }, webhookDeliveries: 2 }
    expect(await read()).toEqual(found)
    await sql`delete from jobs`.execute(db.sql)
    // Whoever asks again at once is told the same.
    expect(await read()).toEqual(found)
  })
})
