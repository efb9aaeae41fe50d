import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { KINDS, POSTGRES_URL, type TestDatabase, testDatabase } from '../../test/database.ts'
import { isProcessAlive } from '../lib/process.ts'
import { openDatabase } from './database.ts'
import { sharedSecret } from './settings.ts'

const insert = (name: string) => ({ name, value: JSON.stringify({ name }) })
const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

test.skipIf(POSTGRES_URL !== undefined)('without TURNOUT_TEST_DATABASE_URL, PostgreSQL is left out', () => {
  expect(KINDS).toEqual(['embedded'])
})

describe.each(KINDS)('the %s database', (kind) => {
  let world: TestDatabase
  beforeEach(async () => {
    world = await testDatabase(kind)
  })
  afterEach(() => world.close())

  const names = async () =>
    (await world.db.sql.selectFrom('settings').select('name').orderBy('name').execute()).map(({ name }) => name)

  test('values come back as they were', async () => {
    const text = `ä漢🚋\n'"\\${'x'.repeat(1_000_000)}`
    const at = new Date('2026-11-21T08:00:00.123Z')
    const { rows } = await sql`
      select ${text}::text as text, ${2n ** 60n}::bigint as big, ${7}::int as small, ${at}::timestamptz as at,
        ${null}::text as nothing, ${true}::boolean as yes, ${{ a: [1, null] }}::jsonb as json, ${'0.1'}::numeric as exact,
        ${['a', 'b"c', null]}::text[] as list, ${Buffer.from([0, 255])}::bytea as bytes, '2026-11-21'::date as day`.execute(
      world.db.sql,
    )
    expect(rows).toEqual([
      {
        text,
        big: 2n ** 60n,
        small: 7,
        at,
        nothing: null,
        yes: true,
        json: { a: [1, null] },
        exact: '0.1',
        list: ['a', 'b"c', null],
        bytes: Buffer.from([0, 255]),
        day: '2026-11-21',
      },
    ])
  })

  test('a transaction holds or leaves nothing', async () => {
    await world.db.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values(insert('kept')).execute()
    })
    const failing = world.db.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values(insert('dropped')).execute()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await names()).toEqual(['kept'])
  })

  test('transactions of one process and of others do not see each other unfinished', async () => {
    const other = await world.open()
    const count = async (db: typeof other, name: string) =>
      db.sql.transaction().execute(async (transaction) => {
        const before = await transaction
          .selectFrom('settings')
          .select(sql<bigint>`count(*)`.as('n'))
          .executeTakeFirstOrThrow()
        await transaction.insertInto('settings').values(insert(name)).execute()
        const after = await transaction
          .selectFrom('settings')
          .select(sql<bigint>`count(*)`.as('n'))
          .executeTakeFirstOrThrow()
        return [before.n, after.n]
      })
    const counts = await Promise.all(['a', 'b', 'c', 'd'].map((name, i) => count(i % 2 ? other : world.db, name)))
    for (const [before, after] of counts) expect(after! > before!).toBe(true)
    expect(await names()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a violated constraint tells its code', async () => {
    await world.db.sql.insertInto('settings').values(insert('a')).execute()
    await expect(world.db.sql.insertInto('settings').values(insert('a')).execute()).rejects.toMatchObject({
      code: '23505',
      constraint: 'settings_pkey',
    })
    await expect(sql`select nonsense`.execute(world.db.sql)).rejects.toMatchObject({ code: '42703' })
  })

  test('notifications reach every client that listens, and no other channel', async () => {
    const other = await world.open()
    const heard: string[] = []
    await other.listen('news', (payload) => heard.push(`other ${payload}`))
    const stop = await world.db.listen('news', (payload) => heard.push(`own ${payload}`))
    await world.db.notify('elsewhere', 'x')
    await world.db.notify('news', 'one')
    await until(() => expect(heard.sort()).toEqual(['other one', 'own one']))
    await stop()
    await other.notify('news', 'two')
    await until(() => expect(heard).toContain('other two'))
    expect(heard).not.toContain('own two')
  })

  test('opening again, and at the same time, finds the tables as they are', async () => {
    await world.db.sql.insertInto('settings').values(insert('a')).execute()
    const opened = await Promise.all([world.open(), world.open(), world.open()])
    for (const db of opened) await db.ping()
    expect(await names()).toEqual(['a'])
  })

  test('a database of a newer version is refused', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')`.execute(
      world.db.sql,
    )
    await expect(world.open()).rejects.toThrow('newer version')
  })

  test('a shared secret is the same for all, and different for other names', async () => {
    const other = await world.open()
    const [a, b] = await Promise.all([sharedSecret(world.db, 'links'), sharedSecret(other, 'links')])
    expect(a).toEqual(b)
    expect(a).toHaveLength(32)
    expect(await sharedSecret(world.db, 'cookies')).not.toEqual(a)
  })

  test('closing twice is closing once', async () => {
    await Promise.all([world.db.close(), world.db.close()])
  })
})

describe('the process of the embedded database', () => {
  const childPid = (dataDir: string): number =>
    (JSON.parse(readFileSync(join(dataDir, 'db.lock'), 'utf8')) as { pid: number }).pid

  test('what was acknowledged outlives a kill, and the clients come back by themselves', async () => {
    const world = await testDatabase()
    const heard: string[] = []
    await world.db.listen('news', (payload) => heard.push(payload))
    for (let i = 0; i < 50; i += 1)
      await world.db.sql
        .insertInto('settings')
        .values(insert(`s${i}`))
        .execute()
    process.kill(childPid(world.dataDir), 'SIGKILL')
    const count = () =>
      world.db.sql.selectFrom('settings').select(sql<bigint>`count(*)`.as('n')).executeTakeFirstOrThrow()
    await until(async () => expect((await count()).n).toBe(50n))
    await until(async () => {
      await world.db.notify('news', 'back')
      expect(heard).toContain('back')
    })
    await world.close()
  })

  test('two processes on one directory lose none of their writes, and the second leaves with its own', async () => {
    const world = await testDatabase()
    const program = `
      import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
      const db = await openDatabase({ dataDir: process.argv[1] })
      for (let i = 0; i < 100; i += 1) await db.sql.insertInto('settings').values({ name: 'their' + i, value: '{}' }).execute()
      await db.close()`
    const other = spawn(process.execPath, ['--input-type=module', '-e', program, world.dataDir], { stdio: 'inherit' })
    const ended = new Promise<number | null>((resolve) => other.once('exit', resolve))
    for (let i = 0; i < 100; i += 1)
      await world.db.sql
        .insertInto('settings')
        .values(insert(`our${i}`))
        .execute()
    expect(await ended).toBe(0)
    const { n } = await world.db.sql
      .selectFrom('settings')
      .select(sql<bigint>`count(*)`.as('n'))
      .executeTakeFirstOrThrow()
    expect(n).toBe(200n)
    await world.close()
  })

  test('it rolls back for a client that died in a transaction, and goes when its owner was killed', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'turnout-db-'))
    const program = `
      import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
      const db = await openDatabase({ dataDir: process.argv[1] })
      await db.sql.insertInto('settings').values({ name: 'kept', value: '{}' }).execute()
      await db.sql.transaction().execute(async (transaction) => {
        await transaction.insertInto('settings').values({ name: 'dropped', value: '{}' }).execute()
        process.stdout.write('begun')
        await new Promise(() => setInterval(() => {}, 1000))
      })`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => owner.stdout.once('data', resolve))
    const pid = childPid(dataDir)
    // The session is taken, so this waits until the owner is dead.
    const opening = openDatabase({ dataDir })
    owner.kill('SIGKILL')
    const db = await opening
    expect(await db.sql.selectFrom('settings').select('name').execute()).toEqual([{ name: 'kept' }])
    await db.close()
    await until(() => expect(isProcessAlive(pid, undefined)).toBe(false))
    await rm(dataDir, { recursive: true, force: true })
  })

  test('a lock whose process is gone is taken over', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'turnout-db-'))
    writeFileSync(join(dataDir, 'db.lock'), JSON.stringify({ pid: 2 ** 22 - 1, start: '1' }))
    const db = await openDatabase({ dataDir })
    await db.ping()
    await db.close()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })

  test('a directory with a long name works too', async () => {
    const root = await mkdtemp(join(tmpdir(), 'turnout-db-'))
    const dataDir = join(root, 'd'.repeat(120))
    const db = await openDatabase({ dataDir })
    await db.ping()
    await db.close()
    await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
})
