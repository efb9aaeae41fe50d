import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from '../support/run.ts'
import type { Boundary, CrashReport } from './boundaries.ts'
import { judge, type Verdict } from './judge.ts'
import { type Order, ordersOf } from './orders.ts'
import { CrashWorld, type DatabaseKind, isOver, until } from './world.ts'

/** One death of a server. */
export interface Kill {
  boundary: Boundary | 'any'
  nth: number
  /** Turns of the event loop that it lives on after it came there. */
  turns: number
  /** Whether the process of the embedded database dies with it. */
  database: boolean
}

/** Orders what is not ordered yet, again where the server has no time for it, until it dies. */
async function orderFrom(world: CrashWorld, server: Running, orders: Order[]): Promise<void> {
  while (!isDead(server)) {
    try {
      return await world.place(server, orders)
    } catch (error) {
      // What is cut off is so by a death that this process may not have heard of yet.
      const isCut = error instanceof TypeError
      if (!isCut && !isDead(server) && !(error as Error).message.includes(': 503 ')) throw error
      await sleep(100)
    }
  }
}

const isDead = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null

/** Starts a server, orders, and sees it die; it is killed from outside where it comes to rest before that. */
async function round(world: CrashWorld, kill: Kill, orders: Order[]): Promise<CrashReport | undefined> {
  let server: Running
  try {
    server = await world.start(kill)
  } catch (error) {
    // It may die over what was left to it, before it serves.
    const report = world.takeReport()
    if (report === undefined) throw error
    return report
  }
  const ended = once(server.child, 'close')
  await orderFrom(world, server, orders)
  await until('the death of a server', async () => {
    if (isDead(server)) return true
    const jobs = await Promise.all(orders.map((order) => world.job(server, order)))
    if (jobs.every((job, at) => isOver(job) && world.isTold(orders[at]!, job))) server.child.kill('SIGKILL')
    return undefined
  })
  await ended
  return world.takeReport()
}

/**
 * Lets one server after the other die, each of which inherits what those before
 * it left, and one live; then judges all jobs, by the kill of their round.
 */
export async function chain(kind: DatabaseKind, kills: readonly Kill[]): Promise<Verdict[]> {
  const world = await CrashWorld.open(kind)
  try {
    const orders: Order[] = []
    const reports: (CrashReport | undefined)[] = []
    for (const [number, kill] of kills.entries()) {
      orders.push(...ordersOf(number, world.webhook))
      // One of them is still at it when it is asked the first time.
      world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 1 } })
      reports.push(await round(world, kill, orders))
      world.count()
    }
    const server = await world.start()
    await orderFrom(world, server, orders)
    const jobs = await world.untilOver(server, orders)
    world.count()
    const verdicts = await judge({ world, server, orders, jobs, reports })
    const { code, stderr } = await server.stop()
    if (code !== 0 || stderr !== '') throw new Error(`the last server ended with ${code}: ${stderr}`)
    return verdicts
  } finally {
    await world.close()
  }
}
