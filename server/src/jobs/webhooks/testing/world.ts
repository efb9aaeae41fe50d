import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../../../test/database.ts'
import type { Database } from '../../../db/database.ts'
import { enqueueEvent } from '../enqueue.ts'
import type { WebhooksOptions } from '../index.ts'
import type { DeliveryFilter, Webhooks } from '../types.ts'
import { event, openWebhooks, type Receiver, startReceiver } from './receiver.ts'

export const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 10 })
export const ALL = { keyId: undefined }
export const KEY_A = { keyId: 'key_a' }

/** Webhooks on a database of the file's own, with a receiver, both new for every test. */
export class WebhookWorld {
  database!: TestDatabase
  receiver!: Receiver
  webhooks!: Webhooks
  opened: Webhooks[] = []
  /** How far the time of the schedule is ahead. */
  ahead = 0

  constructor(kind: Database['kind']) {
    beforeAll(async () => {
      this.database = await testDatabase(kind)
    })
    afterAll(() => this.database.close())
    beforeEach(async () => {
      await this.sql.deleteFrom('webhook_events').execute()
      await this.sql.deleteFrom('webhook_endpoints').execute()
      this.ahead = 0
      this.opened = []
      this.receiver = await startReceiver()
      await this.reopen()
    })
    afterEach(async () => {
      await this.receiver.close()
      await Promise.all(this.opened.map((one) => one.close()))
    })
  }

  get sql() {
    return this.database.db.sql
  }

  /** Instead of the webhooks that are there already. */
  async reopen(options: Partial<WebhooksOptions> = {}): Promise<void> {
    await Promise.all(this.opened.splice(0).map((one) => one.close()))
    this.webhooks = await openWebhooks(this.database.db, { aheadMs: () => this.ahead, ...options })
    this.opened.push(this.webhooks)
  }

  tell(...args: Parameters<typeof event>): Promise<string | undefined> {
    return enqueueEvent(this.sql, event(...args))
  }

  async deliveries(filter: DeliveryFilter = {}) {
    return (await this.webhooks.listDeliveries(ALL, filter, { limit: 100 })).items
  }

  async soleDelivery(filter: DeliveryFilter = {}) {
    const all = await this.deliveries(filter)
    expect(all).toHaveLength(1)
    return this.webhooks.readDelivery(ALL, all[0]!.id)
  }

  /** Waits until that attempt has failed, and goes to when the next one is due; the wait for it in milliseconds. */
  async passFailure(attempt: number, filter: DeliveryFilter = {}): Promise<number> {
    const { nextAttemptAt } = await until(async () => {
      const one = await this.soleDelivery(filter)
      expect(one.log.map(({ latencyMs }) => latencyMs !== null)).toEqual(Array(attempt).fill(true))
      return one
    })
    const due = Date.parse(nextAttemptAt!) - Date.now()
    const wait = due - this.ahead
    this.ahead = Math.max(this.ahead, due + 100)
    return wait
  }
}
