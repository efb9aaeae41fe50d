import type {
  CreatedWebhookEndpoint,
  CreateWebhookEndpoint,
  JobEventType,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryState,
  WebhookEndpoint,
  WebhookEventType,
  WebhookTarget,
} from '@turnout/contract'

/** A request's own target, in the form in which it is stored with its job: the secret is sealed. */
export interface StoredTarget {
  url: string
  /** Null: the secret of the key. */
  sealedSecret: string | null
  events: JobEventType[]
}

/** Something that happened, to be told. */
export interface NewEvent {
  type: JobEventType
  /** What it is about: the id of the job. */
  subject: string
  /** JSON: the job as its route answers it. */
  payload: object
  /** The virtual key whose job it is. */
  keyId: string
  /** Where the request itself wants to hear of it. */
  target?: StoredTarget | null | undefined
  /**
   * The subject's own count of its events. An event of a subject and a count that are there already is the same one
   * and is not stored again. Absent: they are counted here.
   */
  sequence?: number
  /** Absent: now. */
  timestamp?: Date
}

/** Whose endpoints and deliveries are meant: those of one key, or all. */
export interface Scope {
  keyId: string | undefined
}

export interface DeliveryFilter {
  endpointId?: string
  eventId?: string
  subject?: string
  type?: WebhookEventType
  state?: WebhookDeliveryState
}

export interface Page {
  cursor?: string
  limit: number
}

export interface Listed<T> {
  items: T[]
  nextCursor: string | null
}

/** Webhooks, as jobs and routes need them. What is out of scope does not exist: not_found. */
export interface Webhooks {
  /**
   * What a request wants to be told, checked and ready to be stored with its job.
   * @throws TurnoutError invalid_input where the address may not be reached
   */
  accept(target: WebhookTarget): Promise<StoredTarget>
  /** @throws TurnoutError invalid_input */
  createEndpoint(keyId: string | null, input: Omit<CreateWebhookEndpoint, 'keyId'>): Promise<CreatedWebhookEndpoint>
  listEndpoints(scope: Scope, page: Page): Promise<Listed<WebhookEndpoint>>
  readEndpoint(scope: Scope, id: string): Promise<WebhookEndpoint>
  updateEndpoint(scope: Scope, id: string, change: UpdateWebhookEndpoint): Promise<WebhookEndpoint>
  /** What was on its way to it is given up. */
  deleteEndpoint(scope: Scope, id: string): Promise<void>
  /** A new secret; the one before signs as well for a day. */
  rotateSecret(scope: Scope, id: string): Promise<CreatedWebhookEndpoint>
  /** Sends an event of the type `webhook.test`, once, and waits for what comes of it. */
  testEndpoint(scope: Scope, id: string): Promise<WebhookDeliveryDetail>
  listDeliveries(scope: Scope, filter: DeliveryFilter, page: Page): Promise<Listed<WebhookDelivery>>
  readDelivery(scope: Scope, id: string): Promise<WebhookDeliveryDetail>
  /** Sends it again, with the same id and a day of retries. @throws TurnoutError invalid_input where it has no receiver any more */
  replayDelivery(scope: Scope, id: string): Promise<WebhookDelivery>
  /** What signs the deliveries of requests that name a URL without a secret. */
  keySecret(keyId: string): string
  /** Stops delivering; what is under way gets a moment. */
  close(): Promise<void>
}
