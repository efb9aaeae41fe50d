import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import type { Database } from '../db/database.ts'
import { createKeys, ensureAdminKey, type StoredKeys } from './keys.ts'
import { newSecret } from './secret.ts'

const newLog = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })

/** The same database behind a cable that can be pulled. */
function withCable(db: Database) {
  const cable = { pulled: false, questions: 0 }
  const sql = db.sql.withPlugin({
    transformQuery({ node }) {
      cable.questions += 1
      if (cable.pulled) throw new Error('connection refused')
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const database: Database = {
    kind: db.kind,
    sql,
    listen: (...subscription) => db.listen(...subscription),
    notify: async (...message) => {
      if (cable.pulled) throw new Error('connection refused')
      await db.notify(...message)
    },
    ping: () => db.ping(),
    close: () => db.close(),
  }
  return { cable, database }
}

const refused = (code: string, status: number) => expect.objectContaining({ name: 'TurnoutError', code, status })

describe.each(KINDS)('%s', (kind) => {
  let world: TestDatabase
  let opened: StoredKeys[]

  beforeAll(async () => {
    world = await testDatabase(kind)
  })

  afterAll(() => world.close())

  beforeEach(async () => {
    await world.db.sql.deleteFrom('virtual_keys').execute()
    opened = []
  })

  afterEach(async () => {
    for (const keys of opened) await keys.close()
  })

  async function open(options: Partial<Parameters<typeof createKeys>[0]> = {}): Promise<StoredKeys> {
    const keys = await createKeys({ database: world.db, log: newLog(), ...options })
    opened.push(keys)
    return keys
  }

  describe('authentication', () => {
    test('a key that was made here is known at once, without a promise', async () => {
      const keys = await open()
      const { secret, id } = await keys.create({
        name: 'app',
        owner: 'team',
        role: 'user',
        limits: { requestsPerMinute: 7 },
      })
      expect(keys.authenticate(secret)).toEqual({
        keyId: id,
        name: 'app',
        owner: 'team',
        role: 'user',
        limits: { requestsPerMinute: 7 },
        expiresAt: Number.POSITIVE_INFINITY,
      })
    })

    test('no secret: refused with how to send one', async () => {
      const keys = await open()
      const howTo = expect.objectContaining({
        code: 'authentication',
        message: expect.stringContaining('Authorization: Bearer'),
      })
      expect(() => keys.authenticate(undefined)).toThrow(howTo)
      expect(() => keys.authenticate('')).toThrow(howTo)
    })

    test('an unknown secret is refused', async () => {
      const keys = await open()
      await expect(keys.authenticate(newSecret())).rejects.toThrow(refused('authentication', 401))
    })

    test('many unknown secrets at once put one question to the database', async () => {
      const { cable, database } = withCable(world.db)
      const keys = await open({ database })
      // While the snapshot is young there is no question at all; then there is one for all hundred.
      await vi.waitFor(async () => {
        const before = cable.questions
        const answers = await Promise.allSettled(
          Array.from({ length: 100 }, async () => keys.authenticate(newSecret())),
        )
        expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
        expect(cable.questions - before).toBe(1)
      })
    })

    test('a key is refused from the moment it expires', async () => {
      let now = Date.parse('2030-01-01T00:00:00Z')
      const keys = await open({ now: () => now })
      const { secret } = await keys.create({
        name: 'short',
        role: 'user',
        limits: {},
        expiresAt: '2030-01-01T01:00:00+01:00',
      })
      now -= 1
      expect(keys.authenticate(secret)).toMatchObject({ name: 'short' })
      now += 1
      expect(() => keys.authenticate(secret)).toThrow(refused('authentication', 401))
    })
  })

  describe('several processes', () => {
    test('a key made elsewhere works here at its first use', async () => {
      const [here, there] = [await open(), await open()]
      const { secret } = await there.create({ name: 'app', role: 'user', limits: {} })
      await vi.waitFor(async () => expect(await here.authenticate(secret)).toMatchObject({ name: 'app' }))
    })

    test('a revoked key is refused here at once and elsewhere within seconds', async () => {
      const [here, there] = [await open(), await open()]
      const { secret, id } = await here.create({ name: 'app', role: 'user', limits: {} })
      await vi.waitFor(async () => await there.authenticate(secret))
      const revoked = await here.revoke(id)
      expect(revoked.revokedAt).not.toBeNull()
      await expect(here.authenticate(secret)).rejects.toThrow(refused('authentication', 401))
      await vi.waitFor(
        async () =>
          await expect((async () => there.authenticate(secret))()).rejects.toThrow(refused('authentication', 401)),
        { timeout: 5_000 },
      )
    })

    test('a revocation that nobody was told of is noticed by the poll', async () => {
      const keys = await open()
      const { secret, id } = await keys.create({ name: 'app', role: 'user', limits: {} })
      expect(keys.authenticate(secret)).toMatchObject({ name: 'app' })
      await world.db.sql.updateTable('virtual_keys').set({ revoked_at: new Date() }).where('id', '=', id).execute()
      await vi.waitFor(
        async () =>
          await expect((async () => keys.authenticate(secret))()).rejects.toThrow(refused('authentication', 401)),
        { timeout: 5_000 },
      )
    })
  })

  describe('while the database is down', () => {
    test('known keys work, unknown ones get 503, and it is logged once', async () => {
      const { cable, database } = withCable(world.db)
      const log = newLog()
      const keys = await open({ database, log })
      const { secret } = await keys.create({ name: 'app', role: 'user', limits: {} })
      cable.pulled = true
      for (let i = 0; i < 20; i++) {
        await expect(keys.authenticate(newSecret())).rejects.toThrow(refused('overloaded', 503))
      }
      expect(keys.authenticate(secret)).toMatchObject({ name: 'app' })
      expect(log.warn).toHaveBeenCalledTimes(1)

      cable.pulled = false
      await vi.waitFor(
        async () =>
          await expect((async () => keys.authenticate(newSecret()))()).rejects.toThrow(refused('authentication', 401)),
      )
      expect(log.info).toHaveBeenCalledTimes(1)
    })

    test('nothing can be created, listed or revoked, and that is said', async () => {
      const { cable, database } = withCable(world.db)
      const keys = await open({ database })
      cable.pulled = true
      await expect(keys.create({ name: 'a', role: 'user', limits: {} })).rejects.toThrow(refused('overloaded', 503))
      await expect(keys.list({ limit: 1 })).rejects.toThrow(refused('overloaded', 503))
      await expect(keys.revoke('key_1')).rejects.toThrow(refused('overloaded', 503))
    })

    test('a start without a database serves the configured admin and finds the keys later', async () => {
      const secret = (await (await open()).create({ name: 'app', role: 'user', limits: {} })).secret
      const { cable, database } = withCable(world.db)
      cable.pulled = true
      const keys = await open({ database, adminKey: 'an-admin-key-of-24-chars' })
      expect(keys.authenticate('an-admin-key-of-24-chars')).toMatchObject({ keyId: 'env-admin', role: 'admin' })
      await expect(keys.authenticate(secret)).rejects.toThrow(refused('overloaded', 503))
      cable.pulled = false
      await vi.waitFor(async () => expect(await keys.authenticate(secret)).toMatchObject({ name: 'app' }))
    })
  })

  describe('administration', () => {
    test('lists the newest first, page by page, without secrets', async () => {
      let now = 1_800_000_000_000
      const keys = await open({ now: () => now })
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await keys.create({ name, role: 'viewer', limits: {} })
        if (name !== 'c') now += 1
      }
      const names: string[] = []
      let cursor: string | undefined
      do {
        const page = await keys.list({ cursor, limit: 2 })
        expect(page.items.length).toBeLessThanOrEqual(2)
        for (const item of page.items) {
          names.push(item.name)
          expect(item).not.toHaveProperty('hash')
          expect(item).not.toHaveProperty('secret')
        }
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      expect(names.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
      expect([names[0], names[3], names[4]]).toEqual(['e', 'b', 'a'])
      await expect(keys.list({ cursor: 'of another list', limit: 2 })).rejects.toMatchObject({
        code: 'invalid_input',
        param: 'cursor',
      })
    })

    test('a key is told whole once; what is stored is its hash', async () => {
      const keys = await open({ now: () => Date.parse('2030-01-01T00:00:00Z') })
      const created = await keys.create({
        name: 'app',
        owner: 'team',
        role: 'admin',
        limits: { requestsPerMinute: 5 },
        expiresAt: '2031-01-01T00:00:00Z',
      })
      const { secret, ...listed } = created
      expect(listed).toEqual({
        id: expect.any(String),
        name: 'app',
        prefix: secret.slice(0, 12),
        owner: 'team',
        role: 'admin',
        limits: { requestsPerMinute: 5 },
        createdAt: '2030-01-01T00:00:00.000Z',
        expiresAt: '2031-01-01T00:00:00.000Z',
        revokedAt: null,
      })
      expect((await keys.list({ limit: 10 })).items).toEqual([listed])
      const rows = await world.db.sql.selectFrom('virtual_keys').selectAll().execute()
      expect(JSON.stringify(rows)).not.toContain(secret)
    })

    test('revoking twice keeps the first time; revoking nothing is not found', async () => {
      let now = 1_800_000_000_000
      const keys = await open({ now: () => now })
      const { id } = await keys.create({ name: 'app', role: 'user', limits: {} })
      const first = await keys.revoke(id)
      now += 1_000
      expect(await keys.revoke(id)).toEqual(first)
      await expect(keys.revoke('key_none')).rejects.toThrow(refused('not_found', 404))
    })
  })

  describe('the first admin', () => {
    test('is made once, by one of two processes that start together', async () => {
      const [one, two] = [await open(), await open()]
      const secrets = await Promise.all([ensureAdminKey(one, world.db), ensureAdminKey(two, world.db)])
      const made = secrets.filter((secret) => secret !== undefined)
      expect(made).toHaveLength(1)
      expect(await one.authenticate(made[0])).toMatchObject({ role: 'admin' })
      expect(await ensureAdminKey(await open(), world.db)).toBeUndefined()
    })

    test('is not made where an admin key is configured', async () => {
      const keys = await open({ adminKey: 'an-admin-key-of-24-chars' })
      expect(await ensureAdminKey(keys, world.db)).toBeUndefined()
      expect((await keys.list({ limit: 1 })).items).toEqual([])
    })

    test('a configured admin key must be long enough', async () => {
      await expect(open({ adminKey: 'x'.repeat(23) })).rejects.toThrow(
        expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('TURNOUT_ADMIN_KEY') }),
      )
    })
  })
})
