import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { KINDS } from '../../test/database.ts'
import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { end, ledgerWorld, start } from './fixtures.ts'
import { createLedger } from './index.ts'
import { endLine, startLine } from './records.ts'
import { importFile } from './sink.ts'

describe.each(KINDS)('%s', (kind) => {
  const world = ledgerWorld(kind)
  const all = async (from = world.ledger) => (await from.attempts({}, { limit: 10_000 })).items

  describe('records', () => {
    test('an attempt is running until it ends, and then holds everything', async () => {
      const begun = start({ streamed: true, emulated: true })
      const opened = world.ledger.open(begun)
      const identity = {
        id: begun.id,
        requestId: begun.requestId,
        attempt: 1,
        operation: 'chat',
        model: 'gpt-4o-mini',
        provider: 'openai',
        upstreamModel: 'gpt-4o-mini-2024-07-18',
        keyId: 'key_1',
        user: 'somebody',
        startedAt: '2030-05-06T07:08:09.123Z',
        streamed: true,
        experiment: null,
        variant: null,
        emulated: true,
      }
      const unknown = { latencyMs: null, firstPartMs: null, errorCode: null, cost: null, upstreamRequestId: null }
      expect(await all()).toEqual([{ ...identity, ...unknown, outcome: 'running', usage: {} }])

      const ended = end({
        outcome: 'failed',
        errorCode: 'stream_interrupted',
        firstPartMs: 7,
        cost: 1_234_567_890_123_456_789n,
        upstreamRequestId: 'up_1',
      })
      world.ledger.close(opened, ended, () => {})
      expect(await all()).toEqual([
        {
          ...identity,
          outcome: 'failed',
          errorCode: 'stream_interrupted',
          latencyMs: 100,
          firstPartMs: 7,
          usage: { inputTokens: 10, outputTokens: 5 },
          cost: '1234567890.123456789',
          upstreamRequestId: 'up_1',
        },
      ])
    })

    test('strings come back as they were', async () => {
      const user = 'quote " backslash \\ line\nfeed\r\t \u2028 ü € 😀 nul[\0] half[\ud83d]'
      world.record({ user, keyId: null })
      expect(await all()).toMatchObject([{ user: user.replace('\0', '\uFFFD').toWellFormed(), keyId: null }])
    })

    test('more than one statement takes are stored, once each, and the spool is empty afterwards', async () => {
      for (let i = 0; i < 1_500; i++) world.record()
      expect(new Set((await all()).map(({ id }) => id)).size).toBe(1_500)
      const [open, ...others] = readdirSync(world.dir)
      expect(others).toEqual([])
      expect(readFileSync(join(world.dir, open!), 'utf8')).toBe('')
    })

    test('what nobody asks for is stored within seconds', async () => {
      const { id } = world.record()
      await vi.waitFor(
        async () => {
          const rows = await world.db.sql.selectFrom('attempts').select(['id', 'outcome']).execute()
          expect(rows).toEqual([{ id, outcome: 'succeeded' }])
        },
        { timeout: 10_000 },
      )
    })

    test('stopping stores everything, leaves no file, and what never ended is unknown', async () => {
      world.record()
      world.ledger.open(start())
      await world.ledger.stop()
      const rows = await world.db.sql.selectFrom('attempts').select('outcome').orderBy('id').execute()
      expect(rows.map(({ outcome }) => outcome)).toEqual(['succeeded', 'unknown'])
      expect(readdirSync(world.dir)).toEqual([])
    })
  })

  describe('spool files', () => {
    const sink = () => ({ database: world.db, log: world.log })

    async function bring(...lines: string[]): Promise<void> {
      const path = join(world.dir, 'lines')
      writeFileSync(path, lines.join('\n'))
      await importFile(sink(), path, 'w')
    }

    test('a replay changes nothing, in whatever order starts and ends come', async () => {
      const [one, two] = [start(), start()]
      const ends = [endLine(startLine(one), end({ cost: 5n })), endLine(startLine(two), end({ outcome: 'canceled' }))]
      await bring(...ends, startLine(two), '')
      const first = await all()
      expect(first.map(({ outcome }) => outcome).toSorted()).toEqual(['canceled', 'succeeded'])
      await bring(startLine(one), startLine(two), '')
      await bring(startLine(one), ...ends, '')
      expect(await all()).toEqual(first)
    })

    test('a torn last line is left out, the lines before it are not', async () => {
      const [one, two] = [start(), start()]
      await bring(startLine(one), endLine(startLine(two), end()).slice(0, -20))
      expect((await all()).map(({ id }) => id)).toEqual([one.id])
    })

    test('a line that the database refuses is put aside and holds up nothing', async () => {
      const [one, two] = [start(), start()]
      await bring(startLine(one), '{"id":broken', startLine(two), '')
      expect((await all()).map(({ id }) => id)).toEqual([two.id, one.id])
      expect(readFileSync(join(world.dir, 'rejected.jsonl'), 'utf8')).toBe('{"id":broken\n')
      expect(world.log.error).toHaveBeenCalledOnce()
    })

    test('a file that was deleted holds up nothing', async () => {
      await importFile(sink(), join(world.dir, 'gone'), 'w')
      expect(world.log.error).toHaveBeenCalledOnce()
    })
  })

  describe('while the database is down', () => {
    test('records wait in the spool, callers go on, and nothing is lost', async () => {
      let down = true
      const sql = world.db.sql.withPlugin({
        transformQuery({ node }) {
          if (down) throw new Error('connection refused')
          return node
        },
        transformResult: async ({ result }) => result,
      })
      const { db } = world
      const database: Database = {
        kind: db.kind,
        sql,
        listen: (...subscription) => db.listen(...subscription),
        notify: (...message) => db.notify(...message),
        ping: () => db.ping(),
        close: () => db.close(),
      }
      const cut = await createLedger({ database, dir: world.dir, log: world.log })
      const ids: string[] = []
      for (let i = 0; i < 20; i++) {
        const begun = start()
        const opened = cut.open(begun)
        await new Promise<void>((then) => cut.close(opened, end(), then))
        ids.push(begun.id)
        await expect(cut.flush()).rejects.toThrow(expect.objectContaining({ code: 'overloaded', status: 503 }))
      }
      await expect(all(cut)).rejects.toThrow(TurnoutError)
      expect(await all()).toEqual([])
      // One file that was closed, one that grows, one of the other world.ledger.
      expect(readdirSync(world.dir)).toHaveLength(3)
      await vi.waitFor(() => expect(world.log.warn).toHaveBeenCalledOnce(), { timeout: 10_000 })
      down = false
      expect((await all(cut)).map(({ id }) => id).toSorted()).toEqual(ids)
      await cut.stop()
    })
  })

  test('a directory that cannot be written is said at the start', async () => {
    const file = join(world.dir, 'file')
    writeFileSync(file, '')
    await expect(createLedger({ database: world.db, dir: file, log: world.log })).rejects.toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining(file) }),
    )
  })
})
