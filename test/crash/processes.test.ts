import type { JobEvent } from '@turnout/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { POSTGRES_URL } from '../../server/src/db/testing/postgres-server.ts'
import { judge } from './judge.ts'
import { type Order, ordersOf } from './orders.ts'
import { CrashWorld } from './world.ts'

/** Enough that each of three processes is at some of them. */
const BATCHES = 5

let world: CrashWorld
beforeEach(async () => {
  world = await CrashWorld.open('postgres')
})
afterEach(() => world.close())

// Without TURNOUT_TEST_DATABASE_URL there is no PostgreSQL that several processes could share.
describe.skipIf(POSTGRES_URL === undefined)('three servers on one PostgreSQL', () => {
  test('finish what was ordered of one, as another one tells, although the third dies', {
    timeout: 120_000,
  }, async () => {
    const [taker, teller, victim] = await Promise.all([
      world.start(),
      world.start(),
      world.start({ boundary: 'any', nth: 12, turns: 5, database: false }),
    ])
    const died = () => victim.child.signalCode !== null
    const orders: Order[] = []
    const events: Promise<JobEvent[]>[] = []
    for (let batch = 0; batch < BATCHES || !died(); batch += 1) {
      const more = ordersOf(0, world.webhook)
      await world.place(taker, more)
      orders.push(...more)
      events.push(...more.map((order) => world.events(teller, order)))
    }
    const jobs = await world.untilOver(teller, orders)
    world.count()
    const report = world.takeReport()
    expect(report).toBeDefined()
    const webhooks = orders.filter(({ told }) => told).length
    const [verdict] = await judge({ world, server: teller, orders, jobs, reports: [report] })
    expect(verdict).toMatchObject({ problems: [], paidAtMost: 1, webhooks, difference: 0n })
    for (const [at, told] of (await Promise.all(events)).entries()) {
      expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, place) => place + 1))
      expect(told.at(-1)!.data.state).toBe(jobs[at]!.state)
    }
  })
})
