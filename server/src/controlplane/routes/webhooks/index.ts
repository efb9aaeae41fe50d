import type { Route } from '../../route.ts'
import { listWebhookDeliveries } from './deliveries-list.ts'
import { readWebhookDelivery } from './deliveries-read.ts'
import { replayWebhookDelivery } from './deliveries-replay.ts'
import { createWebhookEndpoint } from './endpoints-create.ts'
import { deleteWebhookEndpoint } from './endpoints-delete.ts'
import { listWebhookEndpoints } from './endpoints-list.ts'
import { readWebhookEndpoint } from './endpoints-read.ts'
import { rotateWebhookSecret } from './endpoints-rotate.ts'
import { testWebhookEndpoint } from './endpoints-test.ts'
import { updateWebhookEndpoint } from './endpoints-update.ts'
import { readWebhookSecret } from './secret.ts'

export const WEBHOOK_ROUTES: readonly Route[] = [
  listWebhookEndpoints,
  createWebhookEndpoint,
  readWebhookEndpoint,
  updateWebhookEndpoint,
  deleteWebhookEndpoint,
  rotateWebhookSecret,
  testWebhookEndpoint,
  listWebhookDeliveries,
  readWebhookDelivery,
  replayWebhookDelivery,
  readWebhookSecret,
]
