import type { WebhookTarget } from '@turnout/contract'
import { DEFAULT_JOB_EVENTS } from '@turnout/contract'
import { sql } from 'kysely'
import { TurnoutError } from '../../core/error.ts'
import type { Database, Log } from '../../db/database.ts'
import { sharedSecret } from '../../db/settings.ts'
import { SafeFetchError, type SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { listDeliveries, readDelivery, replayDelivery } from './deliveries.ts'
import { Endpoints } from './endpoints.ts'
import { insertEvent, WEBHOOKS_CHANNEL } from './enqueue.ts'
import { DeliveryLoop } from './loop.ts'
import { isSecret, WebhookSecrets } from './secrets.ts'
import type { StoredTarget, Webhooks } from './types.ts'

const CHECK_MS = 3_000
/** A test that this process did not come to is made by another one after this. */
const TEST_HELD_MS = 30_000

export interface WebhooksOptions {
  database: Database
  /** Decides which addresses may be reached. */
  fetcher: Pick<SafeFetcher, 'check' | 'post'>
  log: Log
  /** How far the time of retries and signatures is ahead of the clock, in milliseconds. */
  aheadMs?: () => number
  /** A number in [0, 1). */
  random?: () => number
  /** For one attempt, in milliseconds. */
  timeoutMs?: number
  pollMs?: number
  leaseMs?: number
}

/** Starts to deliver what is due. */
export async function createWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const { database, fetcher, log, aheadMs = () => 0, random = Math.random, timeoutMs, pollMs, leaseMs } = options
  const db = database.sql
  const secrets = new WebhookSecrets(await sharedSecret(database, 'webhooks'))
  const now = () => Date.now() + aheadMs()
  const endpoints = new Endpoints({ db, secrets, check: (url) => requireReachable(fetcher, url, 'url') })
  const tools = { db, fetcher, secrets, now, aheadMs, random, ...(timeoutMs !== undefined && { timeoutMs }) }
  const loop = new DeliveryLoop({ database, tools, log, pollMs, leaseMs })
  await loop.start()

  return {
    async accept(target) {
      const stored = storable(target, secrets)
      await requireReachable(fetcher, stored.url, 'webhook.url')
      return stored
    },
    createEndpoint: (keyId, input) => endpoints.create(keyId, input),
    listEndpoints: (scope, page) => endpoints.list(scope, page),
    readEndpoint: (scope, id) => endpoints.read(scope, id),
    updateEndpoint: (scope, id, change) => endpoints.update(scope, id, change),
    deleteEndpoint: (scope, id) => endpoints.delete(scope, id),
    rotateSecret: (scope, id) => endpoints.rotate(scope, id),
    async testEndpoint(scope, id) {
      const { url, keyId } = await endpoints.read(scope, id)
      const event = { type: 'webhook.test' as const, subject: id, keyId, payload: { endpointId: id } }
      const stored = await db
        .transaction()
        .execute((transaction) =>
          insertEvent(transaction, event, [{ endpointId: id, keyId, url, sealedSecret: null }], TEST_HELD_MS),
        )
      const [deliveryId] = stored!.deliveryIds
      await loop.deliverNow(deliveryId!)
      return readDelivery(db, scope, deliveryId!)
    },
    listDeliveries: (scope, filter, page) => listDeliveries(db, scope, filter, page),
    readDelivery: (scope, id) => readDelivery(db, scope, id),
    async replayDelivery(scope, id) {
      const delivery = await replayDelivery(db, scope, id)
      await sql`select pg_notify(${WEBHOOKS_CHANNEL}, '')`.execute(db)
      return delivery
    },
    keySecret: (keyId) => secrets.ofKey(keyId),
    close: () => loop.close(),
  }
}

/** @throws TurnoutError invalid_input for a secret that is none */
function storable(target: WebhookTarget, secrets: WebhookSecrets): StoredTarget {
  const { url, secret, events = [...DEFAULT_JOB_EVENTS] } = typeof target === 'string' ? { url: target } : target
  if (secret !== undefined && !isSecret(secret)) {
    throw new TurnoutError('invalid_input', 'webhook.secret must be whsec_ and the base64 of 24 to 64 bytes.', {
      param: 'webhook.secret',
    })
  }
  return { url, sealedSecret: secret === undefined ? null : secrets.seal(secret), events }
}

/**
 * Refuses what may never be sent to. A name that cannot be found just now is
 * none of that: it is asked for again with every attempt, and checked again.
 */
async function requireReachable(fetcher: Pick<SafeFetcher, 'check'>, url: string, param: string): Promise<void> {
  try {
    await fetcher.check(url, CHECK_MS)
  } catch (error) {
    if (!(error instanceof SafeFetchError) || error.reason !== 'refused') return
    throw new TurnoutError('invalid_input', `${param} ${error.message}.`, { param })
  }
}
