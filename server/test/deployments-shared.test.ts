import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DeploymentBoard } from '../src/core/routing/board.ts'
import { candidateOf } from '../src/core/routing/testing.ts'
import type { Database } from '../src/db/database.ts'
import { DeploymentHealth } from '../src/gateway/routing/health.ts'
import { HealthSharing } from '../src/gateway/routing/sharing.ts'
import { DatabaseBoard } from '../src/registry/deployment-board.ts'
import { freshDataDir, KINDS, removeDataDir, type TestDatabase, testDatabase } from './database.ts'
import { startGateway, type TestGateway } from './gateway.ts'

const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const log = { info() {}, warn() {}, error() {} }
const { deployment: house } = candidateOf('house')
const { deployment: other } = candidateOf('other')

describe.each(KINDS)('processes on one database (%s)', (kind) => {
  let database: TestDatabase
  const processes: { sharing: HealthSharing }[] = []
  beforeAll(async () => {
    database = await testDatabase(kind)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.db.sql.deleteFrom('deployment_health').execute()
  })
  afterEach(async () => {
    for (const { sharing } of processes.splice(0)) await sharing.close()
  })

  /** What a process has of its own: a connection, states, and a clock that may be wrong. */
  async function startProcess(skewMs = 0) {
    const db: Database = await database.open()
    let ahead = skewMs
    const now = () => Date.now() + ahead
    const health = new DeploymentHealth({ now })
    const board: DeploymentBoard = new DatabaseBoard(db, log, now)
    const told = vi.spyOn(board, 'tell')
    const sharing = new HealthSharing(health, board, log)
    await sharing.start()
    const process = {
      health,
      sharing,
      told,
      /** As if time had passed. */
      passes(ms: number) {
        ahead += ms
      },
      fails(errorCode: 'rate_limit' | 'timeout' | 'billing', deployment = house, retryAfterMs?: number) {
        const startedAt = health.now()
        health.attemptBegan(deployment)
        health.attemptEnded(deployment, { errorCode, startedAt, latencyMs: 1, firstPartMs: undefined, retryAfterMs })
      },
      answers(deployment = house) {
        const startedAt = health.now()
        health.attemptBegan(deployment)
        const verdict = { startedAt, latencyMs: 1, firstPartMs: undefined, retryAfterMs: undefined }
        health.attemptEnded(deployment, { ...verdict, errorCode: undefined })
      },
    }
    processes.push(process)
    return process
  }

  test('hear of a cooldown, with its cause and length, and of the recovery', async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()])
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(two.health.isResting(house)).toBe(true))
    const heard = two.health.of('house')
    expect(heard).toMatchObject({ open: true, strikes: 1, lastError: { code: 'rate_limit' } })
    expect(Math.abs(heard.coolingUntil - one.health.of('house').coolingUntil)).toBeLessThan(5_000)
    // A third one that starts meanwhile knows it from the beginning.
    expect((await startProcess()).health.isResting(house)).toBe(true)

    two.answers()
    // What began after the news may speak of it: it is well again for all.
    await until(() => expect(one.health.isResting(house)).toBe(false))
    expect(one.health.of('house')).toMatchObject({ open: false, coolingUntil: 0 })
  })

  test('count the rest of a cooldown, so that clocks may differ', async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess(3_600_000)])
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(two.health.of('house').lastError).toBeDefined())
    const rest = two.health.of('house').coolingUntil - two.health.now()
    expect(rest).toBeGreaterThan(30_000)
    expect(rest).toBeLessThanOrEqual(60_500)
  })

  test('are told once of many failures, and never of requests', async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()])
    for (let n = 0; n < 500; n += 1) one.answers(other)
    for (let n = 0; n < 500; n += 1) {
      one.fails('timeout')
      one.fails('billing', other)
    }
    await until(() => {
      expect(two.health.isResting(house)).toBe(true)
      expect(two.health.isResting(other)).toBe(true)
    })
    expect(one.told.mock.calls.length).toBeLessThanOrEqual(3)
    expect(two.told).not.toHaveBeenCalled()
  })

  test('forget a cooldown that is over, though nobody says so', async () => {
    const one = await startProcess()
    one.fails('rate_limit', house, 60_000)
    await until(async () => {
      const rows = await database.db.sql.selectFrom('deployment_health').selectAll().execute()
      expect(rows).toMatchObject([{ deployment: 'house', drained: false }])
    })
    // As if time had passed.
    const gone = new Date(Date.now() - 1_000).toISOString()
    await database.db.sql
      .updateTable('deployment_health')
      .set({ cooling_until: gone as never, forget_at: gone as never })
      .execute()
    expect((await startProcess()).health.isResting(house)).toBe(false)
    one.fails('billing', other)
    await until(async () => {
      const rows = await database.db.sql.selectFrom('deployment_health').select('deployment').execute()
      expect(rows).toEqual([{ deployment: 'other' }])
    })
  })

  test('let the one try first that has set it aside, and try by themselves if nothing comes of it', async () => {
    const [one, two, three] = await Promise.all([startProcess(), startProcess(), startProcess()])
    const all = [one, two, three]
    const resting = () => all.map(({ health }) => health.isResting(house))
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(resting()).toEqual([true, true, true]))
    for (const each of all) each.passes(61_000)
    expect(resting()).toEqual([false, true, true])
    one.health.attemptBegan(house)
    // While that is on its way, nobody else is asked here either.
    expect(resting()).toEqual([true, true, true])
    for (const each of all) each.passes(6_000)
    expect(resting()).toEqual([true, false, false])
  })

  test('leave the first try to whoever has set it aside for longer, and are well together when it succeeds', async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()])
    const resting = () => [one, two].map(({ health }) => health.isResting(house))
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(two.health.isResting(house)).toBe(true))
    // Asked all the same, because there was nobody else.
    two.fails('rate_limit', house, 90_000)
    const rest = () => one.health.of('house').coolingUntil - one.health.now()
    await until(() => expect(rest()).toBeGreaterThan(70_000))
    // Time passes for the processes alone: what is read back of the table after that would seem to begin then.
    await Promise.all(two.told.mock.results.map(({ value }) => value))
    await turn()
    for (const each of [one, two]) each.passes(91_000)
    await until(() => expect(resting()).toEqual([true, false]))
    two.answers()
    await until(() => expect(resting()).toEqual([false, false]))
    expect(one.health.of('house')).toMatchObject({ open: false })
  })

  test('a reset is stronger than news from before it', async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()])
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(two.health.isResting(house)).toBe(true))
    await two.sharing.reset('house')
    expect(two.health.isResting(house)).toBe(false)
    await until(() => expect(one.health.isResting(house)).toBe(false))
    expect(one.health.of('house').strikes).toBe(0)
    // It may be set aside again.
    one.fails('rate_limit', house, 60_000)
    await until(() => expect(two.health.isResting(house)).toBe(true))
  })
})

describe('two servers on one database', () => {
  const configuration = 'pools: { fast: { members: [gpt-5.4-nano, gpt-5.4-mini] } }'
  let dataDir: string
  const servers: TestGateway[] = []
  const start = async () => {
    const server = await startGateway({ dataDir, configuration })
    servers.push(server)
    return server
  }
  beforeAll(async () => {
    dataDir = await freshDataDir()
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
    await removeDataDir(dataDir)
  })
  const stateAt = async ({ api }: TestGateway) => {
    const { body } = await api('GET', '/api/deployments')
    return body.data.find(({ id }: { id: string }) => id === 'gpt-5.4-nano').state
  }
  const answeredBy = async ({ client }: TestGateway) => {
    const { response } = await client.chat.completions
      .create({ model: 'pool:fast', messages: [{ role: 'user', content: 'Hi' }] })
      .withResponse()
    return response.headers.get('x-turnout-model')
  }

  test('a drain at one is seen at the other, survives a restart, and ends with a reset', async () => {
    const [one, two] = [await start(), await start()]
    expect(await answeredBy(two)).toBe('gpt-5.4-nano')
    const drained = await one.api('POST', '/api/deployments/gpt-5.4-nano/drain')
    expect(drained.body.data.state).toBe('drained')
    await until(async () => expect(await stateAt(two)).toBe('drained'))
    expect(await answeredBy(two)).toBe('gpt-5.4-mini')

    await Promise.all(servers.splice(0).map((server) => server.close()))
    const [three, four] = [await start(), await start()]
    expect(await stateAt(three)).toBe('drained')
    expect(await answeredBy(three)).toBe('gpt-5.4-mini')
    expect((await four.api('POST', '/api/deployments/gpt-5.4-nano/reset')).body.data.state).toBe('ready')
    await until(async () => expect(await stateAt(three)).toBe('ready'))
    expect(await answeredBy(three)).toBe('gpt-5.4-nano')
  })
})
