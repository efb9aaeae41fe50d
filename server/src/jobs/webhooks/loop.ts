import { setTimeout as wait } from 'node:timers/promises'
import type { Database, Log } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { type Claimed, claimDue, claimOne, releaseLeases, renewLeases } from './claim.ts'
import { type DeliveryTools, deliver } from './deliver.ts'
import { WEBHOOKS_CHANNEL } from './enqueue.ts'
import { pruneEvents } from './prune.ts'

/** At most so many at once in this process, and so many of them to one target. */
const MAX_RUNNING = 32
const MAX_PER_TARGET = 4
/** How often is looked for what became due without a notification. */
const POLL_MS = 1_000
/** How long a process that died keeps others from its deliveries. */
const LEASE_MS = 5_000
const PRUNE_MS = 3_600_000
/** What is under way when the process stops may come to its end within this. */
const GRACE_MS = 1_000

export interface LoopOptions {
  database: Database
  tools: DeliveryTools
  log: Log
  pollMs?: number | undefined
  leaseMs?: number | undefined
}

/** Sends what is due, together with the other processes on the same database. */
export class DeliveryLoop {
  readonly #database: Database
  readonly #tools: DeliveryTools
  readonly #log: Log
  readonly #pollMs: number
  readonly #lease: { owner: string; leaseMs: number }
  readonly #running = new Map<Claimed, Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #timers: NodeJS.Timeout[] = []
  #unlisten: (() => Promise<void>) | undefined
  #pumping: Promise<void> | undefined
  #again = false
  #closed = false
  /** The database failed the last time, which was logged. */
  #failing = false

  constructor({ database, tools, log, pollMs = POLL_MS, leaseMs = LEASE_MS }: LoopOptions) {
    this.#database = database
    this.#tools = tools
    this.#log = log
    this.#pollMs = pollMs
    this.#lease = { owner: newId('courier'), leaseMs }
  }

  async start(): Promise<void> {
    const every = (ms: number, work: () => void) => this.#timers.push(setInterval(work, ms).unref())
    every(this.#pollMs, this.wake)
    every(this.#lease.leaseMs / 3, () => void this.#renew())
    every(PRUNE_MS, () => void this.#prune())
    await this.#listen()
    this.wake()
  }

  /** Looks for what is due, now. */
  readonly wake = (): void => {
    this.#again = true
    if (this.#closed) return
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined
    })
  }

  /** Makes one attempt at one delivery at once, and waits for it. */
  async deliverNow(deliveryId: string): Promise<void> {
    const claimed = await claimOne(this.#database.sql, deliveryId, this.#lease)
    if (claimed) await this.#begin(claimed)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#unlisten?.().catch(() => {})
    await this.#pumping
    const rest = Promise.all(this.#running.values())
    if (this.#running.size > 0) await Promise.race([rest, wait(GRACE_MS, undefined, { ref: false })])
    if (this.#running.size === 0) return
    this.#stopping.abort(new Error('The server stops.'))
    await rest
    await releaseLeases(this.#database.sql, this.#lease.owner)
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      const free = MAX_RUNNING - this.#running.size
      if (free <= 0) return
      const claimed = await this.#claim(free)
      for (const one of claimed) void this.#begin(one)
      // There may be more than one look takes.
      if (claimed.length > 0) this.#again = true
    }
  }

  async #claim(free: number): Promise<Claimed[]> {
    const running = new Map<string, number>()
    for (const { target } of this.#running.keys()) running.set(target, (running.get(target) ?? 0) + 1)
    try {
      const limits = { ...this.#lease, free, perTarget: MAX_PER_TARGET, running, aheadMs: this.#tools.aheadMs() }
      const claimed = await claimDue(this.#database.sql, limits)
      this.#failing = false
      return claimed
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'webhooks: the database does not answer; deliveries wait')
      this.#failing = true
      return []
    }
  }

  /** One attempt. It never rejects: what was not stored is done again when the lease is over. */
  #begin(claimed: Claimed): Promise<void> {
    const attempt = deliver(this.#tools, claimed, this.#stopping.signal)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) {
          this.#log.warn({ err: error, delivery: claimed.id }, 'webhooks: an attempt could not be stored')
        }
      })
      .finally(() => {
        this.#running.delete(claimed)
        this.wake()
      })
    this.#running.set(claimed, attempt)
    return attempt
  }

  async #renew(): Promise<void> {
    const ids = [...this.#running.keys()].map(({ id }) => id)
    if (ids.length === 0) return
    await renewLeases(this.#database.sql, this.#lease, ids).catch((error: unknown) =>
      this.#log.warn({ err: error }, 'webhooks: leases could not be renewed'),
    )
  }

  async #prune(): Promise<void> {
    await pruneEvents(this.#database.sql).catch((error: unknown) =>
      this.#log.warn({ err: error }, 'webhooks: old events could not be removed'),
    )
  }

  /** Without notifications the poll finds everything, only later. */
  async #listen(): Promise<void> {
    try {
      this.#unlisten = await this.#database.listen(WEBHOOKS_CHANNEL, this.wake)
    } catch (error) {
      this.#log.warn({ err: error }, 'webhooks: no notifications; deliveries begin by the poll')
    }
  }
}
