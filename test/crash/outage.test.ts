import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { POSTGRES_URL } from '../../server/src/db/testing/postgres-server.ts'
import { type Cluster, startCluster } from '../support/postgres.ts'
import type { Running } from '../support/run.ts'
import { customerOf } from './customer.ts'
import { judge } from './judge.ts'
import { CrashWorld, until } from './world.ts'

/** How long the database is away after everybody has noticed. */
const OUTAGE_MS = Number(process.env.TURNOUT_TEST_OUTAGE_MS ?? 2_000)

let cluster: Cluster
let world: CrashWorld
let servers: Running[]
beforeEach(async () => {
  cluster = startCluster()
  world = await CrashWorld.open('postgres', cluster.url)
  servers = [await world.start(), await world.start()]
})
afterEach(async () => {
  await world.close()
  cluster.remove()
})

const readiness = async () => {
  const answers = await Promise.all(servers.map(({ url }) => fetch(`${url}/readyz`)))
  return answers.map(({ status }) => status)
}
const untilReady = (status: number) =>
  until(`/readyz with ${status}`, async () => ((await readiness()).every((one) => one === status) ? true : undefined))

const AWAY: [string, () => void, () => void][] = [
  ['is gone', () => cluster.crash(), () => cluster.restart()],
  ['hangs', () => cluster.hang(), () => cluster.resume()],
]

// Without TURNOUT_TEST_DATABASE_URL there is no PostgreSQL on the machine that could be stopped.
describe.skipIf(POSTGRES_URL === undefined)('a PostgreSQL that', () => {
  test.each(AWAY)('%s for a while costs time and nothing else', { timeout: 240_000 }, async (_, leave, comeBack) => {
    const customers = servers.map((server) => customerOf(world, server))
    await until('load', async () => (world.emulator.bill().calls > 5 ? true : undefined))
    expect(await readiness()).toEqual([200, 200])
    leave()
    await untilReady(503)
    await sleep(OUTAGE_MS)
    expect(await readiness()).toEqual([503, 503])
    comeBack()
    await untilReady(200)
    const { calls } = world.emulator.bill()
    await until('load again', async () => (world.emulator.bill().calls > calls + 5 ? true : undefined))
    await Promise.all(customers.map((one) => one.leave()))

    const orders = customers.flatMap((one) => one.orders)
    const jobs = await world.untilOver(servers[0]!, orders)
    world.count()
    const webhooks = orders.filter(({ told }) => told).length
    const [verdict] = await judge({ world, server: servers[0]!, orders, jobs, reports: [undefined] })
    expect(verdict).toMatchObject({ problems: [], unknown: 0, paidAtMost: 1, webhooks, difference: 0n })
    const refusals = customers.flatMap((one) => one.refusals)
    expect(refusals.filter((text) => !text.includes(': 503 '))).toEqual([])
  })
})
