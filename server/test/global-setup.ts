import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openDatabase } from '../src/db/database.ts'

/** Makes one embedded database for all tests to copy, and removes it after them. */
export async function setup(): Promise<() => Promise<void>> {
  const template = await mkdtemp(join(tmpdir(), 'turnout-template-'))
  const database = await openDatabase({ dataDir: template })
  await database.close()
  // The directory is at rest when its process has given back the lock.
  while (existsSync(join(template, 'db.lock'))) await wait(20)
  process.env.TURNOUT_TEST_DATA_DIR = template
  return () => rm(template, { recursive: true, force: true })
}
