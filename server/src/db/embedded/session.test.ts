import { expect, test, vi } from 'vitest'
import { type Backend, Session } from './session.ts'

/** Stands for PGlite: writes down what it is asked, and knows whether that began a transaction. */
function fakeDatabase() {
  const asked: string[] = []
  let inTransaction = false
  const ask = (text: string) => {
    asked.push(text)
    if (text === 'begin') inTransaction = true
    if (text === 'commit' || text === 'rollback') inTransaction = false
    return { rows: [], columns: [], affectedRows: text.startsWith('insert') ? 1 : 0, command: text }
  }
  const statements = { query: async (text: string) => ask(text) }
  const database = {
    exec: async (text: string) => [ask(text)],
    onNotification: () => () => {},
    isInTransaction: () => inTransaction,
  }
  return {
    asked,
    database,
    newSession: (idleMs?: number) => new Session(database as unknown as Backend, idleMs, statements),
  }
}

test('others wait for a holder, in the order in which they came', async () => {
  const { asked, newSession } = fakeDatabase()
  const session = newSession()
  const [holder, other] = [{}, {}]
  await session.begin(holder)
  const waiting = Promise.all([
    session.query(other, { sql: 'second', parameters: [] }),
    session.query({}, { sql: 'third', parameters: [] }),
  ])
  await session.queryAlone(holder, { sql: 'first', parameters: [] })
  await session.end(holder)
  await waiting
  expect(asked).toEqual(['first', 'second', 'third'])
})

test('a holder that leaves is rolled back, and what it waited for is dropped', async () => {
  const { asked, newSession } = fakeDatabase()
  const session = newSession()
  const [holder, gone] = [{}, {}]
  await session.begin(holder)
  await session.queryAlone(holder, { sql: 'begin', parameters: [] })
  void session.query(gone, { sql: 'of nobody', parameters: [] })
  await session.leave(gone)
  await session.leave(holder)
  await session.query({}, { sql: 'next', parameters: [] })
  expect(asked).toEqual(['begin', 'rollback', 'next'])
})

test('a holder that asks for nothing loses its turn, and learns it at its next question', async () => {
  const { asked, newSession } = fakeDatabase()
  const session = newSession(1)
  const holder = {}
  await session.begin(holder)
  await session.queryAlone(holder, { sql: 'begin', parameters: [] })
  await session.query({}, { sql: 'next', parameters: [] })
  expect(asked).toEqual(['begin', 'rollback', 'next'])
  await expect(session.queryAlone(holder, { sql: 'insert', parameters: [] })).rejects.toMatchObject({ code: '25P03' })
  expect(asked).not.toContain('insert')
})

test('a vacuum is made after writing, once', async () => {
  const { asked, newSession } = fakeDatabase()
  const session = newSession()
  await session.query({}, { sql: 'select', parameters: [] })
  await session.vacuum()
  await session.query({}, { sql: 'insert', parameters: [] })
  await session.vacuum()
  await session.vacuum()
  expect(asked).toEqual(['select', 'insert', 'vacuum (analyze)'])
})

test('a failing vacuum is told to whoever asked for it', async () => {
  const { database, newSession } = fakeDatabase()
  const session = newSession()
  await session.query({}, { sql: 'insert', parameters: [] })
  vi.spyOn(database, 'exec').mockRejectedValueOnce(new Error('no space left'))
  await expect(session.vacuum()).rejects.toThrow('no space left')
})
