import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { openDatabase } from './database.ts'
import { POSTGRES_URL } from './testing/postgres-server.ts'
import { wayTo } from './testing/way.ts'

const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

describe.skipIf(POSTGRES_URL === undefined)('a PostgreSQL server that ends connections', () => {
  let world: TestDatabase
  beforeEach(async () => {
    world = await testDatabase('postgres')
  })
  afterEach(() => world.close())

  /** Ends connections to this database, and waits until the server has forgotten them. */
  const terminate = async (which: ReturnType<typeof sql>) => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${which}`.execute(world.db.sql)
    for (const { pid } of rows) await sql`select pg_terminate_backend(${pid}, 5000)`.execute(world.db.sql)
    return rows.length
  }

  test('in a transaction fails that transaction and nothing else', async () => {
    const failing = world.db.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values({ name: 'dropped', value: '{}' }).execute()
      expect(await terminate(sql`state = 'idle in transaction'`)).toBe(1)
      await sql`select 1`.execute(transaction)
    })
    await expect(failing).rejects.toThrow()
    expect(await world.db.sql.selectFrom('settings').selectAll().execute()).toEqual([])
  })

  test('loses no listener', async () => {
    const heard: string[] = []
    await world.db.listen('news', (payload) => heard.push(payload))
    expect(await terminate(sql`query = 'listen "news"'`)).toBe(1)
    await until(async () => {
      await world.db.notify('news', 'back')
      expect(heard).toContain('back')
    })
  })
})

describe.skipIf(POSTGRES_URL === undefined)('a PostgreSQL server that refuses', () => {
  test.each([
    ['an unknown database', { pathname: '/no_such_database' }, /does not exist \[3D000\]/],
    ['an unknown user', { username: 'nobody', password: 'hush-hush' }, /"nobody".* \[28\w{3}\]/],
  ])('%s is named with its reason, and without the password', async (_, change, reason) => {
    const url = Object.assign(new URL(POSTGRES_URL!), change)
    const opening = openDatabase({ dataDir: 'unused', url: url.href })
    const error = await opening.catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'connection', param: 'DATABASE_URL', message: expect.stringMatching(reason) })
    const { message } = error as Error
    expect(message).toMatch(/^DATABASE_URL: /)
    expect(message).toContain(`(${url.hostname}:${url.port || 5432})`)
    if (url.password !== '') expect(message).not.toContain(url.password)
  })
})

describe.skipIf(POSTGRES_URL === undefined)('a PostgreSQL server that hangs', () => {
  test('begins no transaction for those who come later', async () => {
    await using stack = new AsyncDisposableStack()
    const world = await testDatabase('postgres')
    stack.defer(() => world.close())
    const way = await wayTo(world.url!)
    stack.defer(() => way.close())
    const db = await openDatabase({ dataDir: 'unused', url: way.url })
    stack.defer(() => db.close())
    await db.ping()

    const passages = [...way.passages]
    for (const passage of passages) passage.hold('there')
    const transaction = db.sql.transaction().execute(async () => 'begun')
    await expect(transaction).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('database'),
    })
    for (const passage of passages) passage.letGo('there')
    await db.sql.insertInto('settings').values({ name: 'later', value: '{}' }).execute()
    expect(await world.db.sql.selectFrom('settings').select('name').execute()).toEqual([{ name: 'later' }])
  })
})
