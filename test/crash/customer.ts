import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from '../support/run.ts'
import { type Order, ordersOf } from './orders.ts'
import type { CrashWorld } from './world.ts'

/** Orders without an end, each until it is taken. */
export interface Customer {
  orders: Order[]
  /** What was answered meanwhile. */
  refusals: string[]
  /** Resolves when all that was begun to be ordered is taken. */
  leave(): Promise<void>
}

export function customerOf(world: CrashWorld, server: Running): Customer {
  const orders: Order[] = []
  const refusals: string[] = []
  let going = true
  const work = (async () => {
    while (going) {
      const more = ordersOf(0, world.webhook)
      orders.push(...more)
      while (more.some(({ jobId }) => jobId === undefined)) {
        await world.place(server, more).catch((error: Error) => refusals.push(error.message))
        world.count()
        await sleep(200)
      }
    }
  })()
  return {
    orders,
    refusals,
    async leave() {
      going = false
      await work
    },
  }
}
