import { z } from 'zod'

/** What can be told of a job. */
export const JOB_EVENT_TYPES = ['job.succeeded', 'job.failed', 'job.canceled', 'job.unknown', 'job.progress'] as const
export const JobEventType = z.enum(JOB_EVENT_TYPES)
export type JobEventType = z.infer<typeof JobEventType>

/** What is told where nothing else is asked for: the ends of jobs. */
export const DEFAULT_JOB_EVENTS = [
  'job.succeeded',
  'job.failed',
  'job.canceled',
  'job.unknown',
] as const satisfies readonly JobEventType[]

export const WebhookEventType = z.enum([...JOB_EVENT_TYPES, 'webhook.test'])
export type WebhookEventType = z.infer<typeof WebhookEventType>

const WebhookUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2000)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
  .describe('An http or https address of the public internet.')

const JobEvents = z.array(JobEventType).min(1).max(JOB_EVENT_TYPES.length)

/** `whsec_` and the base64 of 24 to 64 bytes, as Standard Webhooks has it. */
const WebhookSecret = z
  .string()
  .regex(/^whsec_(?=.{32,88}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
    error: 'must be whsec_ and the base64 of 24 to 64 bytes',
  })

/** Where the events of one request go, beside the endpoints of its key. */
export const WebhookTarget = z.union([
  WebhookUrl,
  z.strictObject({
    url: WebhookUrl,
    secret: WebhookSecret.optional().describe("Signs the deliveries. Absent: the key's own secret."),
    events: JobEvents.optional().describe('Absent: every end of the job.'),
  }),
])
export type WebhookTarget = z.infer<typeof WebhookTarget>

/** The body of every delivery. */
export const WebhookMessage = z.object({
  type: WebhookEventType,
  timestamp: z.iso.datetime().describe('When it happened.'),
  sequence: z.int().positive().describe('Grows with every event of the same job: the higher one is the later one.'),
  data: z.record(z.string(), z.unknown()).describe('The job, as GET /api/jobs/{id} answers it.'),
})
export type WebhookMessage = z.infer<typeof WebhookMessage>

export const WebhookEndpoint = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(JobEventType),
  keyId: z.string().nullable().describe('The virtual key whose jobs it hears of; null for those of all keys.'),
  enabled: z.boolean(),
  disabledReason: z.string().nullable().describe('Why Turnout disabled it; null where it did not.'),
  previousSecretUntil: z.iso.datetime().nullable().describe('Until then deliveries are signed with both secrets.'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
export type WebhookEndpoint = z.infer<typeof WebhookEndpoint>

export const CreatedWebhookEndpoint = WebhookEndpoint.extend({
  secret: z.string().describe('The secret that deliveries are signed with. It is never shown again.'),
})
export type CreatedWebhookEndpoint = z.infer<typeof CreatedWebhookEndpoint>

const Description = z
  .string()
  .trim()
  .max(500)
  .refine((text) => !text.includes('\0'), 'must not have the character U+0000')

export const CreateWebhookEndpoint = z.strictObject({
  url: WebhookUrl,
  description: Description.default(''),
  events: JobEvents.default([...DEFAULT_JOB_EVENTS]),
  keyId: z
    .string()
    .min(1)
    .nullish()
    .describe(
      'Whose jobs it hears of. Absent: those of the calling key, or of all keys where that key has the role admin.',
    ),
  enabled: z.boolean().default(true),
})
export type CreateWebhookEndpoint = z.infer<typeof CreateWebhookEndpoint>

export const UpdateWebhookEndpoint = z.strictObject({
  url: WebhookUrl.optional(),
  description: Description.optional(),
  events: JobEvents.optional(),
  enabled: z.boolean().optional(),
})
export type UpdateWebhookEndpoint = z.infer<typeof UpdateWebhookEndpoint>

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const
export const WebhookDeliveryState = z.enum(WEBHOOK_DELIVERY_STATES)
export type WebhookDeliveryState = z.infer<typeof WebhookDeliveryState>

/** One event on its way to one receiver. */
export const WebhookDelivery = z.object({
  id: z.string(),
  eventId: z.string().describe('What the receiver gets as webhook-id, the same with every attempt.'),
  type: WebhookEventType,
  subject: z.string().describe('What the event is about: the id of the job.'),
  sequence: z.int().positive(),
  endpointId: z.string().nullable().describe('Null where the request itself named the URL.'),
  keyId: z.string().nullable(),
  url: z.string(),
  state: WebhookDeliveryState,
  attempts: z.int().nonnegative(),
  nextAttemptAt: z.iso.datetime().nullable().describe('While it is pending.'),
  lastStatus: z.int().nullable().describe('HTTP status of the latest answer.'),
  lastError: z.string().nullable(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable().describe('When it was delivered or given up.'),
})
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

export const WebhookAttempt = z.object({
  attempt: z.int().positive(),
  url: z.string(),
  startedAt: z.iso.datetime(),
  latencyMs: z.int().nonnegative().nullable().describe('Null while it is under way, or where its process died.'),
  status: z.int().nullable(),
  error: z.string().nullable(),
  response: z.string().nullable().describe("The beginning of the receiver's answer."),
})
export type WebhookAttempt = z.infer<typeof WebhookAttempt>

/** A delivery with all that it is made of. */
export const WebhookDeliveryDetail = WebhookDelivery.extend({
  message: WebhookMessage,
  log: z.array(WebhookAttempt).describe('Every attempt, the first one first.'),
})
export type WebhookDeliveryDetail = z.infer<typeof WebhookDeliveryDetail>
