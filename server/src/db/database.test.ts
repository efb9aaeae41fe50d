import { AbortedTransactionError, type Kysely, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import { sharedSecret } from './settings.ts'
import type { Tables } from './tables.ts'
import { POSTGRES_URL } from './testing/postgres-server.ts'

const insert = (name: string) => ({ name, value: JSON.stringify({ name }) })
const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

test.skipIf(POSTGRES_URL !== undefined)('without TURNOUT_TEST_DATABASE_URL, PostgreSQL is left out', () => {
  expect(KINDS).toEqual(['embedded'])
})

describe.each(KINDS)('the %s database', (kind) => {
  let world: TestDatabase
  beforeAll(async () => {
    world = await testDatabase(kind)
  })
  afterEach(() => world.clear())
  afterAll(() => world.close())

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

  test('a transaction goes on to the end on one connection, and the next one can follow there', async () => {
    await world.db.sql.connection().execute(async (connection) => {
      for (const name of ['first', 'second']) {
        await connection
          .transaction()
          .execute((transaction) => transaction.insertInto('settings').values(insert(name)).execute())
      }
    })
    expect(await names()).toEqual(['first', 'second'])
  })

  test('a transaction in which a query failed is not said to be committed', async () => {
    const ended = world.db.sql.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values(insert('dropped')).execute()
      await sql`select nonsense`.execute(transaction).catch(() => {})
    })
    await expect(ended).rejects.toThrow(AbortedTransactionError)
    expect(await names()).toEqual([])
  })

  test('a transaction can be read only, and can be isolated', async () => {
    const writing = world.db.sql
      .transaction()
      .setIsolationLevel('serializable')
      .setAccessMode('read only')
      .execute((transaction) => transaction.insertInto('settings').values(insert('dropped')).execute())
    await expect(writing).rejects.toMatchObject({ code: '25006' })
    expect(await names()).toEqual([])
  })

  test('writing tells how many rows it changed, and reading does not', async () => {
    await world.db.sql
      .insertInto('settings')
      .values([insert('a'), insert('b')])
      .execute()
    const updating = world.db.sql.updateTable('settings').set({ value: '{}' })
    expect(await updating.executeTakeFirstOrThrow()).toEqual({ numUpdatedRows: 2n, numChangedRows: undefined })
    expect(await updating.where('name', '=', 'c').executeTakeFirstOrThrow()).toMatchObject({ numUpdatedRows: 0n })
    expect(await sql`select 1`.execute(world.db.sql)).toMatchObject({ numAffectedRows: undefined })
  })

  test('rows are not streamed', async () => {
    const reading = async () => {
      for await (const row of world.db.sql.selectFrom('settings').selectAll().stream()) expect.fail(`read ${row.name}`)
    }
    await expect(reading()).rejects.toThrow(/stream/)
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

  test('a statement that comes again is the same, also after one that failed and after a change of the schema', async () => {
    const { sql: db } = world.db
    const add = (name: string) => db.insertInto('settings').values(insert(name)).execute()
    for (const name of ['a', 'b', 'c']) await add(name)
    for (let i = 0; i < 3; i += 1) await expect(add('a')).rejects.toMatchObject({ code: '23505' })
    await add('d')
    await sql`create table fleet (id int, line text)`.execute(db)
    try {
      const all = () => sql`select * from fleet`.execute(db).then(({ rows }) => rows)
      await sql`insert into fleet values (1, null)`.execute(db)
      for (let i = 0; i < 3; i += 1) expect(await all()).toEqual([{ id: 1, line: null }])
      await sql`alter table fleet add column stop bigint default 7`.execute(db)
      for (let i = 0; i < 3; i += 1) expect(await all()).toEqual([{ id: 1, line: null, stop: 7n }])
    } finally {
      await sql`drop table fleet`.execute(db)
    }
  })

  test('more different statements than are remembered are all answered', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 250; i += 1) {
        const { rows } = await sql`select ${sql.raw(String(i))}::int as i, ${round}::int as round`.execute(world.db.sql)
        expect(rows).toEqual([{ i, round }])
      }
    }
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

  test('the names of channels are taken as they are', async () => {
    const heard: string[] = []
    await world.db.listen('The "News"', (payload) => heard.push(payload))
    await world.db.notify('the "news"', 'no')
    await world.db.notify('The "News"', 'ü')
    await until(() => expect(heard).toEqual(['ü']))
  })

  test('a notification is sent with the transaction that it is part of', async () => {
    const heard: string[] = []
    await world.db.listen('news', (payload) => heard.push(payload))
    const notify = (db: Kysely<Tables>, payload: string) => sql`select pg_notify('news', ${payload})`.execute(db)
    const failing = world.db.sql.transaction().execute(async (transaction) => {
      await notify(transaction, 'dropped')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await world.db.sql.transaction().execute((transaction) => notify(transaction, 'sent'))
    await until(() => expect(heard).toEqual(['sent']))
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
    await expect(world.open()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/newer version.*9999-from-the-future/),
    })
    await sql`delete from kysely_migration where name = '9999-from-the-future'`.execute(world.db.sql)
  })

  test('a shared secret is the same for all, and different for other names', async () => {
    const other = await world.open()
    const [a, b] = await Promise.all([sharedSecret(world.db, 'links'), sharedSecret(other, 'links')])
    expect(a).toEqual(b)
    expect(a).toHaveLength(32)
    expect(await sharedSecret(world.db, 'cookies')).not.toEqual(a)
  })

  test('closing twice is closing once', async () => {
    const other = await world.open()
    await Promise.all([other.close(), other.close()])
  })
})
