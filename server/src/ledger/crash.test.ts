import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { start } from './fixtures.ts'
import { createLedger } from './index.ts'
import { startLine } from './records.ts'
import { importFile } from './sink.ts'
import type { Ledger } from './types.ts'

let world: TestDatabase
let dir: string
let opened: Ledger[]
let children: ChildProcess[]
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }

beforeAll(async () => {
  world = await testDatabase()
})

afterAll(() => world.close())

beforeEach(async () => {
  await world.db.sql.deleteFrom('attempts').execute()
  dir = mkdtempSync(join(tmpdir(), 'turnout-crash-'))
  opened = []
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const ledger of opened) await ledger.stop()
  rmSync(dir, { recursive: true, force: true })
})

async function open(): Promise<Ledger> {
  const ledger = await createLedger({ database: world.db, dir, log })
  opened.push(ledger)
  return ledger
}

/**
 * A process without a database that records attempts as fast as it can, some
 * of which never end, and prints the id of each whose `then` has run.
 */
const LOADED = `
  const { writeSync } = await import('node:fs')
  const { createLedger } = await import('${new URL('./index.ts', import.meta.url)}')
  const sql = new Proxy({}, { get() { throw new Error('no database') } })
  const silent = { info() {}, warn() {}, error() {} }
  const ledger = await createLedger({ database: { sql }, dir: process.argv[1], log: silent })
  const end = { outcome: 'succeeded', latencyMs: 1, usage: { inputTokens: 1 }, cost: 7n }
  let count = 0
  const turn = () => {
    for (let i = 0; i < 20; i++) {
      const start = { ...${JSON.stringify(start())}, id: process.pid + '_' + count++ }
      const opened = ledger.open(start)
      if (i > 0) ledger.close(opened, end, () => writeSync(1, start.id + '\\n'))
    }
    setImmediate(turn)
  }
  turn()
`

function run(code: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

/** Kills a loaded process once it has printed that many ids; all that it printed. */
async function killAfter(ids: number): Promise<string[]> {
  const child = run(LOADED)
  let printed = ''
  child.stdout!.setEncoding('utf8').on('data', (data: string) => {
    printed += data
    if (printed.split('\n').length > ids) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return printed.slice(0, printed.lastIndexOf('\n')).split('\n')
}

const outcomes = async () => {
  const rows = await world.db.sql.selectFrom('attempts').select(['id', 'outcome']).execute()
  return new Map(rows.map(({ id, outcome }) => [id, outcome]))
}

test('kill -9 under load loses no record whose callback ran, and what it left running is unknown', async () => {
  for (const ids of [1, 700, 3_000]) {
    const printed = await killAfter(ids)
    const ledger = await open()
    await ledger.stop()
    const stored = await outcomes()
    expect(printed.length).toBeGreaterThanOrEqual(ids)
    for (const id of printed) expect(stored.get(id)).toBe('succeeded')
    expect(new Set(stored.values())).toEqual(new Set(['succeeded', 'unknown']))
  }
})

test('processes that adopt at once store everything once and leave no file', async () => {
  const printed = (await Promise.all([killAfter(500), killAfter(500), killAfter(500)])).flat()
  const ledgers = await Promise.all([open(), open(), open()])
  await Promise.all(ledgers.map((ledger) => ledger.flush()))
  const stored = await outcomes()
  for (const id of printed) expect(stored.get(id)).toBe('succeeded')
  expect([...stored.values()]).not.toContain('running')
  for (const ledger of ledgers) await ledger.stop()
  expect(readdirSync(dir)).toEqual([])
})

/** Id of a writer whose process has ended. */
async function deadWriter(): Promise<string> {
  const child = run(`
    const { newWriterId } = await import('${new URL('./writer.ts', import.meta.url)}')
    process.stdout.write(newWriterId())
  `)
  const [writer] = await Promise.all([text(child.stdout!), once(child, 'close')])
  return writer
}

test('a writer that died with nothing spooled is found by its empty file', async () => {
  const writer = await deadWriter()
  const path = join(dir, 'lines')
  writeFileSync(path, `${startLine(start({ id: 'att_1' }))}\n`)
  await importFile({ database: world.db, log }, path, writer)
  writeFileSync(join(dir, `${writer}.3.jsonl`), '')
  await (await open()).flush()
  expect(await outcomes()).toEqual(new Map([['att_1', 'unknown']]))
})

test('what a dead process had claimed from another one is claimed again; the living are left alone', async () => {
  const [writer, claimant] = [await deadWriter(), await deadWriter()]
  const living = await open()
  // Its own look for the dead is over by then.
  await living.flush()
  living.open(start({ id: 'att_2' }))
  writeFileSync(join(dir, `${writer}.0.jsonl.${claimant}`), `${startLine(start({ id: 'att_1' }))}\n`)
  await (await open()).flush()
  expect(await outcomes()).toEqual(new Map([['att_1', 'unknown']]))
  await living.flush()
  expect((await outcomes()).get('att_2')).toBe('running')
})

test('a later process with the same pid does not pass for the one that died', async () => {
  writeFileSync(join(dir, `${process.pid}-1-00.0.jsonl`), `${startLine(start({ id: 'att_1' }))}\n`)
  await (await open()).flush()
  expect(await outcomes()).toEqual(new Map([['att_1', 'unknown']]))
})
