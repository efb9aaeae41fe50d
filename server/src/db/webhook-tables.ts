import type { JobEventType, WebhookDeliveryState, WebhookEventType } from '@turnout/contract'
import type { ColumnType } from 'kysely'

type Moment = ColumnType<Date, Date | string, Date | string>
type MaybeMoment = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

export interface WebhookEndpointsTable {
  id: string
  url: string
  description: string
  /** Sealed. */
  secret: string
  /** Sealed; what deliveries are signed with as well, until `previous_until`. */
  previous_secret: string | null
  previous_until: MaybeMoment
  events: JobEventType[]
  /** Null: it hears of the jobs of all keys. */
  key_id: string | null
  enabled: boolean
  disabled_reason: string | null
  created_at: Moment
  updated_at: Moment
}

export interface WebhookEventsTable {
  id: string
  type: WebhookEventType
  subject: string
  /** Counts from 1 for each subject. */
  sequence: number
  key_id: string | null
  /** `json`, not `jsonb`: it keeps the text as it is, and takes escapes that `jsonb` refuses, such as that of NUL. */
  payload: ColumnType<unknown, string, never>
  created_at: Moment
}

export interface WebhookDeliveriesTable {
  id: string
  event_id: string
  type: WebhookEventType
  subject: string
  sequence: number
  /** Null: the request named the URL itself. */
  endpoint_id: string | null
  /** Whose it is to see. */
  key_id: string | null
  /** As it was when the event happened; an endpoint's present one is what counts. */
  url: string
  /** Sealed; null where the secret is that of the endpoint, or of the key. */
  secret: string | null
  /** What shares one limit of concurrency: the endpoint, or the origin of the URL. */
  target: string
  state: WebhookDeliveryState
  /** All that were made. */
  attempts: ColumnType<number, number | undefined, number>
  /** Those since it was enqueued or replayed, which decide when it is given up. */
  tries: ColumnType<number, number | undefined, number>
  next_at: Moment
  lease_until: MaybeMoment
  lease_by: string | null
  last_status: number | null
  last_error: string | null
  created_at: Moment
  ended_at: MaybeMoment
}

export interface WebhookAttemptsTable {
  delivery_id: string
  attempt: number
  url: string
  started_at: Moment
  latency_ms: number | null
  status: number | null
  error: string | null
  response: string | null
}

export interface WebhookTables {
  webhook_endpoints: WebhookEndpointsTable
  webhook_events: WebhookEventsTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
}
