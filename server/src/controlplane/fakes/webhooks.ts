import type { WebhookDelivery, WebhookDeliveryDetail, WebhookEndpoint } from '@turnout/contract'
import type { Webhooks } from '../../jobs/webhooks/types.ts'

const AT = '2026-03-01T10:00:00.000Z'

const ENDPOINT: WebhookEndpoint = {
  id: 'whe_1',
  url: 'https://receiver.example/hook',
  description: '',
  events: ['job.succeeded'],
  keyId: 'key_user',
  enabled: true,
  disabledReason: null,
  previousSecretUntil: null,
  createdAt: AT,
  updatedAt: AT,
}

const DELIVERY: WebhookDelivery = {
  id: 'whd_1',
  eventId: 'evt_1',
  type: 'job.succeeded',
  subject: 'job_1',
  sequence: 1,
  endpointId: 'whe_1',
  keyId: 'key_user',
  url: ENDPOINT.url,
  state: 'delivered',
  attempts: 1,
  nextAttemptAt: null,
  lastStatus: 200,
  lastError: null,
  createdAt: AT,
  endedAt: AT,
}

const DETAIL: WebhookDeliveryDetail = {
  ...DELIVERY,
  message: { type: 'job.succeeded', timestamp: AT, sequence: 1, data: {} },
  log: [{ attempt: 1, url: ENDPOINT.url, startedAt: AT, latencyMs: 12, status: 200, error: null, response: 'ok' }],
}

/** Webhooks that answer the same whatever they are asked. */
export function fakeWebhooks(): Webhooks {
  return {
    accept: async () => ({ url: ENDPOINT.url, sealedSecret: null, events: ['job.succeeded'] }),
    createEndpoint: async (keyId, input) => ({ ...ENDPOINT, ...input, keyId, secret: 'whsec_c2hvd24gb25jZQ==' }),
    listEndpoints: async () => ({ items: [ENDPOINT], nextCursor: null }),
    readEndpoint: async () => ENDPOINT,
    updateEndpoint: async (_scope, _id, change) => ({ ...ENDPOINT, ...change }),
    deleteEndpoint: async () => {},
    rotateSecret: async () => ({ ...ENDPOINT, previousSecretUntil: AT, secret: 'whsec_c2hvd24gb25jZQ==' }),
    testEndpoint: async () => DETAIL,
    listDeliveries: async () => ({ items: [DELIVERY], nextCursor: null }),
    readDelivery: async () => DETAIL,
    replayDelivery: async () => ({ ...DELIVERY, state: 'pending', endedAt: null, nextAttemptAt: AT }),
    keySecret: () => 'whsec_c2hvd24gb25jZQ==',
    close: async () => {},
  }
}
