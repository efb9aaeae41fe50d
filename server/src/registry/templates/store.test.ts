import { TemplateConfiguration } from '@turnout/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../../test/database.ts'
import { createTemplateStore, type TemplateStore } from './store.ts'

const record = (name: string) =>
  TemplateConfiguration.parse({
    name,
    target: { model: 'flux-pro' },
    prompt: 'a {{ x }}',
    variables: { x: { type: 'string' } },
  })

describe.each(KINDS)('on %s', (kind) => {
  let database: TestDatabase
  let store: TemplateStore
  beforeAll(async () => {
    database = await testDatabase(kind)
    store = createTemplateStore(database.db)
  })
  afterEach(() => database.clear())
  afterAll(() => database.close())

  test('every change is a version with its author, and none is lost', async () => {
    expect(await store.create('sale', record('one'), 'key_a')).toMatchObject({
      id: 'sale',
      version: 1,
      author: 'key_a',
    })
    expect(await store.write('sale', record('two'), 'key_b')).toMatchObject({ version: 2 })
    expect(await store.read('sale')).toMatchObject({ version: 2, author: 'key_b', record: record('two') })
    expect(await store.version('sale', 1)).toMatchObject({
      version: 1,
      record: record('one'),
      createdAt: expect.any(Date),
    })
    await store.write('sale', null, 'key_c')
    expect(await store.read('sale')).toBeUndefined()
    expect(await store.list('', 10)).toEqual([])
    expect(await store.create('sale', record('four'), 'key_d')).toMatchObject({ version: 4 })
    expect(
      (await store.versions('sale')).map(({ version, author, record: each }) => [version, author, each?.name]),
    ).toEqual([
      [4, 'key_d', 'four'],
      [3, 'key_c', undefined],
      [2, 'key_b', 'two'],
      [1, 'key_a', 'one'],
    ])
  })

  test('what is there is not created, what is not there is not changed', async () => {
    await store.create('sale', record('one'), 'key_a')
    await expect(store.create('sale', record('two'), 'key_a')).rejects.toMatchObject({
      code: 'invalid_input',
      status: 409,
    })
    await expect(store.write('none', record('two'), 'key_a')).rejects.toMatchObject({ code: 'not_found' })
    await store.write('sale', null, 'key_a')
    await expect(store.write('sale', null, 'key_a')).rejects.toMatchObject({ code: 'not_found' })
    expect(await store.version('sale', 9)).toBeUndefined()
    expect(await store.version('sale', Number.MAX_SAFE_INTEGER)).toBeUndefined()
  })

  test('changes at the same time are versions one after the other', async () => {
    await store.create('sale', record('0'), 'key_a')
    const other = createTemplateStore(await database.open())
    const writes = Array.from({ length: 8 }, (_, n) =>
      (n % 2 ? store : other).write('sale', record(`${n + 1}`), 'key_a'),
    )
    const versions = (await Promise.all(writes)).map(({ version }) => version)
    expect(versions.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
    const created = await Promise.allSettled(
      [store, other, store].map((each) => each.create('new', record('x'), 'key_a')),
    )
    expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('is listed by id, page by page', async () => {
    for (const id of ['c', 'a', 'b']) await store.create(id, record(id), 'key_a')
    expect((await store.list('', 2)).map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await store.list('b', 2)).map(({ id }) => id)).toEqual(['c'])
  })

  test('without a database it is said so', async () => {
    const cut = database.db.sql.withPlugin({
      transformQuery() {
        throw new Error('connection refused')
      },
      transformResult: async ({ result }) => result,
    })
    const unplugged = createTemplateStore({ sql: cut })
    await expect(unplugged.read('sale')).rejects.toMatchObject({ code: 'overloaded', status: 503 })
    await expect(unplugged.create('sale', record('x'), 'key_a')).rejects.toMatchObject({ code: 'overloaded' })
  })
})
