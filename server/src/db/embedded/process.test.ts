import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { freshDataDir, removeDataDir, testDatabase } from '../../../test/database.ts'
import { isProcessAlive } from '../../lib/process.ts'
import { openDatabase } from '../database.ts'

const insert = (name: string) => ({ name, value: JSON.stringify({ name }) })
const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

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
      import { openDatabase } from ${JSON.stringify(new URL('../database.ts', import.meta.url).href)}
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
    const dataDir = await freshDataDir()
    const program = `
      import { openDatabase } from ${JSON.stringify(new URL('../database.ts', import.meta.url).href)}
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
    await removeDataDir(dataDir)
  })

  test('a lock whose process is gone is taken over', async () => {
    const dataDir = await freshDataDir()
    writeFileSync(join(dataDir, 'db.lock'), JSON.stringify({ pid: 2 ** 22 - 1, start: '1' }))
    const db = await openDatabase({ dataDir })
    await db.ping()
    await db.close()
    await removeDataDir(dataDir)
  })

  test('a directory with a long name works too', async () => {
    const root = await mkdtemp(join(tmpdir(), 'turnout-db-'))
    const dataDir = join(root, 'd'.repeat(120))
    const db = await openDatabase({ dataDir })
    await db.ping()
    await db.close()
    await removeDataDir(root)
  })

  test('a first start that is killed leaves nothing that the next one stumbles over', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'turnout-db-'))
    const program = `
      import { openDatabase } from ${JSON.stringify(new URL('../database.ts', import.meta.url).href)}
      await openDatabase({ dataDir: process.argv[1] })`
    const isBeingMade = () => readdirSync(dataDir).some((name) => name.startsWith('db-init-'))

    const start = () => spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], { stdio: 'ignore' })

    const killed = start()
    await until(() => expect(isBeingMade()).toBe(true))
    const first = childPid(dataDir)
    process.kill(first, 'SIGKILL')
    killed.kill('SIGKILL')
    expect(existsSync(join(dataDir, 'db'))).toBe(false)

    const orphaned = start()
    await until(() => expect(childPid(dataDir)).not.toBe(first))
    const second = childPid(dataDir)
    orphaned.kill('SIGKILL')
    await until(() => expect(isProcessAlive(second, undefined)).toBe(false))
    expect(existsSync(join(dataDir, 'db.lock'))).toBe(false)

    const db = await openDatabase({ dataDir })
    await db.ping()
    expect(isBeingMade()).toBe(false)
    await db.close()
    await removeDataDir(dataDir)
  })

  test('the database is at rest when its last client has closed', async () => {
    const world = await testDatabase()
    const other = await world.open()
    const pid = childPid(world.dataDir)
    await world.db.close()
    await other.ping()
    await other.close()
    expect(existsSync(join(world.dataDir, 'db.lock'))).toBe(false)
    await until(() => expect(isProcessAlive(pid, undefined)).toBe(false))
    await world.close()
  })

  test('what was asked when the connection is lost fails, and a transaction does not go on elsewhere', async () => {
    const world = await testDatabase()
    const failing = world.db.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values(insert('dropped')).execute()
      const asking = sql`select pg_sleep(60)`.execute(transaction)
      process.kill(childPid(world.dataDir), 'SIGKILL')
      await expect(asking).rejects.toMatchObject({ code: 'overloaded', message: expect.stringContaining('lost') })
      await world.db.ping()
      await transaction.insertInto('settings').values(insert('elsewhere')).execute()
    })
    await expect(failing).rejects.toMatchObject({ code: 'overloaded', message: expect.stringContaining('lost') })
    expect(await world.db.sql.selectFrom('settings').selectAll().execute()).toEqual([])
    await world.close()
  })

  test('what a hanging database has not answered in time fails, and is not carried out later', async () => {
    const world = await testDatabase()
    const pid = childPid(world.dataDir)
    process.kill(pid, 'SIGSTOP')
    const asked = ['a', 'b'].map((name) => world.db.sql.insertInto('settings').values(insert(name)).execute())
    for (const { reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'overloaded' })
    process.kill(pid, 'SIGCONT')
    await until(() => world.db.ping())
    expect(await world.db.sql.selectFrom('settings').selectAll().execute()).toEqual([])
    await world.close()
  })

  test('closing ends a reconnection that waits for somebody else', async () => {
    const world = await testDatabase()
    process.kill(childPid(world.dataDir), 'SIGKILL')
    await expect(world.db.ping()).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('lost'),
    })
    writeFileSync(join(world.dataDir, 'db.lock'), JSON.stringify({ pid: process.pid }))
    const asking = expect(world.db.ping()).rejects.toThrow('closed')
    await world.close()
    await asking
  })

  test('closing ends a process that is just being started', async () => {
    const world = await testDatabase()
    const first = childPid(world.dataDir)
    process.kill(first, 'SIGKILL')
    await expect(world.db.ping()).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('lost'),
    })
    const asking = expect(world.db.ping()).rejects.toThrow('closed')
    await until(() => expect(childPid(world.dataDir)).not.toBe(first))
    const second = childPid(world.dataDir)
    await world.db.close()
    await until(() => expect(isProcessAlive(second, undefined)).toBe(false))
    await asking
    await world.close()
  })

  test('a statement that begins a transaction for everybody is refused', async () => {
    const world = await testDatabase()
    await expect(sql`begin`.execute(world.db.sql)).rejects.toMatchObject({ code: '25000' })
    await world.db.sql.insertInto('settings').values(insert('kept')).execute()
    await sql`rollback`.execute(world.db.sql)
    expect(await world.db.sql.selectFrom('settings').select('name').execute()).toEqual([{ name: 'kept' }])
    await world.close()
  })
})
