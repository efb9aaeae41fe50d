import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import type { Database } from '../db/database.ts'
import { SILENT, World } from './fixtures.ts'

let world: World
let database: TestDatabase

beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  await world.end()
  await database.clear()
})

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

/** The same database behind a cable that can be pulled, and without notifications where they are not wanted. */
function withCable(db: Database, options: { deaf?: boolean } = {}) {
  const cable = { pulled: false }
  const plugged: Database = {
    kind: db.kind,
    sql: db.sql.withPlugin({
      transformQuery({ node }) {
        if (cable.pulled) throw new Error('connection refused')
        return node
      },
      transformResult: async ({ result }) => result,
    }),
    listen: (channel, onNotify) => (options.deaf ? Promise.resolve(async () => {}) : db.listen(channel, onNotify)),
    notify: (...message) => db.notify(...message),
    ping: () => db.ping(),
    close: () => db.close(),
  }
  return { cable, plugged }
}

describe.each(KINDS)('on %s', (kind) => {
  beforeAll(async () => {
    database = await testDatabase(kind)
  })
  afterAll(() => database.close())

  test('a record is created, replaced and deleted, which reveals what it overrode', async () => {
    const registry = await world.registry({ database: database.db })
    const created = await registry.createModel({ id: 'writer-5', enabled: false, tags: ['x'] })
    expect(created).toMatchObject({
      id: 'writer-5',
      enabled: false,
      upstreamId: 'writer-5-2026',
      provenance: { layer: 'database', overrides: ['catalog'] },
    })
    expect(registry.snapshot.find('writer-5')).toBe(created)

    const updated = await registry.updateModel('writer-5', { name: 'Renamed' })
    expect(updated).toMatchObject({ name: 'Renamed', enabled: true, tags: [], available: true })

    const revealed = await registry.deleteModel('writer-5')
    expect(revealed).toMatchObject({ name: 'writer-5', provenance: { layer: 'catalog', overrides: [] } })

    await registry.createModel({ id: 'mine', provider: 'openai' })
    await expect(registry.deleteModel('mine')).resolves.toBeUndefined()
    expect(registry.snapshot.find('mine')).toBeUndefined()
  })

  test('update also makes the record where only weaker layers know the model', async () => {
    const registry = await world.registry({ database: database.db })
    await expect(registry.updateModel('painter-3', { tags: ['t'] })).resolves.toMatchObject({
      tags: ['t'],
      output: ['image'],
      provenance: { layer: 'database', overrides: ['catalog'] },
    })
  })

  test('what cannot be done is refused and changes nothing', async () => {
    const registry = await world.registry({ database: database.db })
    await registry.createModel({ id: 'mine', provider: 'openai' })
    const { version } = registry.snapshot
    await expect(registry.createModel({ id: 'mine' })).rejects.toMatchObject({ code: 'invalid_input', status: 409 })
    await expect(registry.createModel({ id: 'other', provider: 'nobody' })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'provider',
      message: 'provider must be one of openai, cloud, lmstudio, openai-compatible.',
    })
    const broken = { id: 'other', limits: { images: -1 } }
    await expect(registry.createModel(broken)).rejects.toMatchObject({ code: 'invalid_input', param: 'limits.images' })
    await expect(registry.createModel({ id: 'other', description: 'a\u0000b' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const leaky = { id: 'other', baseUrl: 'https://user:hidden-4711@host.test' }
    const refused = await registry.createModel(leaky).catch((error: Error) => error)
    expect(refused).toMatchObject({ code: 'invalid_input', param: 'baseUrl' })
    expect(JSON.stringify([refused, (refused as Error).message])).not.toContain('hidden-4711')
    await expect(registry.createModel({ id: 'other', baseUrl: 'https://host.test/v1?key=1' })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'baseUrl',
    })
    await expect(registry.createModel({ id: 'other', inputs: { type: 'nonsense' } })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'inputs',
      message: expect.stringContaining('must be a JSON Schema'),
    })
    await expect(registry.updateModel('nobody', {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(registry.updateModel('painter', {})).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('painter-3'),
    })
    await expect(registry.deleteModel('nobody')).rejects.toMatchObject({ code: 'not_found' })
    await expect(registry.deleteModel('writer-5')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/layer "catalog".*enabled to false/),
    })
    expect(registry.snapshot.version).toBe(version)
  })

  test('a record that is deleted before it is read back is told to be gone, and no fault of the database', async () => {
    const { plugged } = withCable(database.db)
    const notify = async () => void (await database.db.sql.deleteFrom('models').execute())
    const registry = await world.registry({ database: { ...plugged, notify } })
    await expect(registry.updateModel('writer-5', { tags: ['t'] })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('others on the same database see a change', async () => {
    const here = await world.registry({ database: database.db })
    const there = await world.registry({ database: await database.open() })
    const changed = vi.fn()
    there.onChange(changed)
    await here.createModel({ id: 'mine', provider: 'openai' })
    await until(() => expect(there.snapshot.find('mine')).toBeDefined())
    expect(changed).toHaveBeenCalledWith(there.snapshot)
    await here.updateModel('mine', { provider: 'openai', enabled: false })
    await until(() => expect(there.snapshot.find('mine')?.enabled).toBe(false))
    await there.deleteModel('mine')
    await until(() => expect(here.snapshot.find('mine')).toBeUndefined())
  })
})

describe('following', () => {
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.close())

  test('a change whose notification is lost is found by the poll', async () => {
    const { plugged } = withCable(database.db, { deaf: true })
    const there = await world.registry({ database: plugged })
    const here = await world.registry({ database: await database.open() })
    await here.createModel({ id: 'mine', provider: 'openai' })
    await until(() => expect(there.snapshot.find('mine')).toBeDefined())
  })

  test('a record that is not valid is a problem and hides no other', async () => {
    await database.db.sql
      .insertInto('models')
      .values([
        { id: 'bad', record: '{"limits":{"images":"many"}}' },
        { id: 'good', record: '{"id":"good","provider":"openai"}' },
      ])
      .execute()
    const { snapshot } = await world.registry({ database: database.db })
    expect(snapshot.find('good')?.available).toBe(true)
    expect(snapshot.find('bad')).toBeUndefined()
    expect(snapshot.problems).toEqual([
      { layer: 'database', where: 'bad limits.images', message: 'must be a number; the record is not used' },
    ])
  })

  test('a database that is down keeps its last known records, and is read again when it is back', async () => {
    const { cable, plugged } = withCable(database.db)
    const log = { ...SILENT, warn: vi.fn() }
    const registry = await world.registry({ database: plugged, log })
    await registry.createModel({ id: 'mine', provider: 'openai' })
    cable.pulled = true
    await registry.reload()
    expect(registry.snapshot.find('mine')?.available).toBe(true)
    expect(registry.snapshot.problems).toMatchObject([{ layer: 'database' }])
    await expect(registry.createModel({ id: 'other' })).rejects.toMatchObject({ code: 'overloaded', status: 503 })
    cable.pulled = false
    await sql`update models set record = '{"enabled":false}', updated_at = clock_timestamp()`.execute(database.db.sql)
    await until(() => expect(registry.snapshot.find('mine')?.enabled).toBe(false))
    expect(registry.snapshot.problems).toEqual([])
  })

  test('a database that is down at start is waited for in the background', async () => {
    const { cable, plugged } = withCable(database.db)
    await database.db.sql.insertInto('models').values({ id: 'mine', record: '{"provider":"openai"}' }).execute()
    cable.pulled = true
    const registry = await world.registry({ database: plugged })
    expect(registry.snapshot.find('writer-5')?.available).toBe(true)
    cable.pulled = false
    await until(() => expect(registry.snapshot.find('mine')?.available).toBe(true))
  })
})
