import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeDatabase, POSTGRES_URL } from '../../server/src/db/testing/postgres-server.ts'
import { type Passage, type Way, wayTo } from '../../server/src/db/testing/way.ts'
import type { CrashReport } from './boundaries.ts'
import { customerOf } from './customer.ts'
import { judge } from './judge.ts'
import { CrashWorld } from './world.ts'

/** How long connections fail, and by which numbers. */
const SECONDS = Number(process.env.TURNOUT_TEST_LINKS_SECONDS ?? 10)
const SEED = Number(process.env.TURNOUT_TEST_LINKS_SEED ?? 1)
const BETWEEN_MS = 400

type Random = () => number

/** Numbers from 0 to 1, always the same for a seed (a linear congruential generator, by Numerical Recipes). */
function randomBy(seed: number): Random {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const pick = <T>(of: readonly T[], random: Random): T => of[Math.floor(random() * of.length)]!

/** What may become of a connection; all of it ends by itself. */
const FATES: ((passage: Passage, random: Random) => Promise<void>)[] = [
  async (passage) => passage.cut(),
  async (passage) => passage.drop(),
  async (passage, random) => {
    const direction = pick(['there', 'back'] as const, random)
    passage.hold(direction)
    await sleep(2_000 * random())
    passage.letGo(direction)
  },
  // Longer than an answer is waited for: what was asked is done all the same, as soon as it comes there.
  async (passage, random) => {
    passage.hold('there')
    await sleep(5_000 + 2_000 * random())
    passage.letGo('there')
  },
  // What is asked is done, and the answer is lost.
  async (passage, random) => {
    passage.hold('back')
    await sleep(300 * random())
    passage.cut()
  },
  // What is asked is done long after its asker was told that it was not.
  async (passage, random) => {
    passage.hold('there')
    await sleep(300 * random())
    passage.drop()
    await sleep(2_000 * random())
    passage.letGo('there')
  },
]

/** Lets connections fail on all ways, one after the other, until the time is over and all is well again. */
async function fail(ways: readonly Way[], random: Random): Promise<number> {
  const fates: Promise<void>[] = []
  for (const end = performance.now() + SECONDS * 1_000; performance.now() < end; ) {
    await sleep(BETWEEN_MS * random())
    const passages = [...pick(ways, random).passages]
    if (passages.length > 0) fates.push(pick(FATES, random)(pick(passages, random), random))
  }
  await Promise.all(fates)
  return fates.length
}

test.skipIf(POSTGRES_URL === undefined)(
  'connections to PostgreSQL that are slow, late or lost cost time and nothing else',
  { timeout: 240_000 + SECONDS * 1_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const own = await makeDatabase()
    stack.defer(() => own.drop())
    const world = await CrashWorld.open('postgres', own.url)
    stack.defer(() => world.close())
    const ways = await Promise.all([wayTo(own.url), wayTo(own.url)])
    stack.defer(() => {
      for (const way of ways) way.close()
    })
    const servers = await Promise.all(ways.map((way) => world.start(undefined, way.url)))
    const customers = servers.map((server) => customerOf(world, server))
    expect(await fail(ways, randomBy(SEED))).toBeGreaterThan(SECONDS)
    await Promise.all(customers.map((one) => one.leave()))

    const orders = customers.flatMap((one) => one.orders)
    const jobs = await world.untilOver(servers[0]!, orders)
    world.count()
    // Where the word that an attempt begins is stored too late, another server finds it and cannot know that it was never sent.
    const calls = jobs.flatMap(({ id, attempts }) => attempts.map(() => ({ job: id, phase: 'committing' as const })))
    const reports: CrashReport[] = [{ boundary: 'before-row', calls }]
    const [verdict] = await judge({ world, server: servers[0]!, orders, jobs, reports })
    const told = orders.filter((order) => order.told).length
    expect(verdict).toMatchObject({ problems: [], paidAtMost: 1, webhooks: told, difference: 0n })
    expect(verdict!.unknown).toBeLessThan(orders.length / 20)
  },
)
