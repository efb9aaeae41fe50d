import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import type { Database } from '../db/database.ts'
import { createLedger } from './index.ts'
import type { AttemptEnd, AttemptStart, Ledger } from './types.ts'

/** What the tests of the ledger have around them: an empty table, an empty directory, a ledger on both. */
export interface LedgerWorld {
  db: Database
  dir: string
  ledger: Ledger
  log: ReturnType<typeof newLog>
  /** Records an attempt that has ended. */
  record(start?: Partial<AttemptStart>, end?: Partial<AttemptEnd>): AttemptStart
}

const newLog = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })

/** A new world for each test. The database is the same one, emptied, because it takes seconds to make. */
export function ledgerWorld(kind: Database['kind']): LedgerWorld {
  const world = {
    record(startFields = {}, endFields = {}) {
      const begun = start(startFields)
      world.ledger.close(world.ledger.open(begun), end(endFields), () => {})
      return begun
    },
  } as LedgerWorld
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase(kind)
    world.db = database.db
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await world.db.sql.deleteFrom('attempts').execute()
    world.dir = mkdtempSync(join(tmpdir(), 'turnout-ledger-'))
    world.log = newLog()
    world.ledger = await createLedger({ database: world.db, dir: world.dir, log: world.log })
  })
  afterEach(async () => {
    await world.ledger.stop()
    rmSync(world.dir, { recursive: true, force: true })
  })
  return world
}

let counter = 0
export function start(fields: Partial<AttemptStart> = {}): AttemptStart {
  counter += 1
  return {
    id: `att_${counter.toString().padStart(6, '0')}`,
    requestId: `req_${counter}`,
    attempt: 1,
    operation: 'chat',
    model: 'gpt-4o-mini',
    provider: 'openai',
    upstreamModel: 'gpt-4o-mini-2024-07-18',
    keyId: 'key_1',
    user: 'somebody',
    startedAt: Date.parse('2030-05-06T07:08:09.123Z'),
    streamed: false,
    emulated: false,
    ...fields,
  }
}

export const end = (fields: Partial<AttemptEnd> = {}): AttemptEnd => ({
  outcome: 'succeeded',
  latencyMs: 100,
  usage: { inputTokens: 10, outputTokens: 5 },
  cost: 1n,
  ...fields,
})
