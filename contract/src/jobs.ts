import { z } from 'zod'
import { ErrorCode } from './errors.ts'
import { Usage } from './usage.ts'
import { WebhookTarget } from './webhooks.ts'

/**
 * `unknown`: the connection was lost after a paid request had been sent. It is
 * not sent again; a late word of the provider may still make it `succeeded` or
 * `failed`.
 */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'unknown'] as const
export const JobState = z.enum(JOB_STATES)
export type JobState = z.infer<typeof JobState>

export const JOB_KINDS = ['text', 'image', 'video'] as const
export const JobKind = z.enum(JOB_KINDS)
export type JobKind = z.infer<typeof JobKind>

/** Why a job that is not done is not being worked on. */
export const JobWaiting = z.object({
  reason: z
    .enum(['limit', 'provider_queue', 'retry', 'collecting'])
    .describe('limit: one of ours is reached. provider_queue: it waits at the provider. retry: another try is due.'),
  detail: z.string(),
})
export type JobWaiting = z.infer<typeof JobWaiting>

/** One output of a job, kept in our own storage. */
export const JobOutput = z.object({
  artifactId: z.string(),
  url: z.string().describe('Signed; it expires. Ask for the job again to have a new one.'),
  mediaType: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  durationMs: z.int().nullable(),
  thumbnailUrl: z.string().nullable(),
  thumbhash: z.string().nullable(),
  seed: z.int().nullable(),
  revisedPrompt: z.string().nullable(),
  composedOf: z.string().nullable().describe('Of a picture with a composition: the artifact that it was drawn over.'),
})
export type JobOutput = z.infer<typeof JobOutput>

/**
 * `submitting` until the provider has answered; `accepted` while it works;
 * `made` when it is done and its outputs are being copied.
 */
export const JOB_ATTEMPT_STATES = [
  'submitting',
  'accepted',
  'made',
  'succeeded',
  'not_delivered',
  'refused',
  'failed',
  'canceled',
  'unknown',
] as const
export const JobAttemptState = z.enum(JOB_ATTEMPT_STATES)
export type JobAttemptState = z.infer<typeof JobAttemptState>

export const JobError = z.object({
  code: ErrorCode,
  message: z.string(),
  provider: z.string().optional(),
  upstreamRequestId: z.string().optional(),
  param: z.string().optional(),
  upstreamCode: z.string().optional().describe("The provider's own code."),
  retryAfterMs: z.number().optional().describe('How long to wait before the same is asked for again, in milliseconds.'),
  retryable: z.boolean().optional().describe('Whether the same may succeed, where that is not as the code says.'),
  status: z.int().optional().describe('The HTTP status, where it is not that of the code.'),
})
export type JobError = z.infer<typeof JobError>

export const JobAttempt = z.object({
  id: z.string(),
  number: z.int().positive(),
  deployment: z.string(),
  provider: z.string(),
  state: JobAttemptState,
  startedAt: z.iso.datetime(),
  acceptedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  upstreamRequestId: z.string().nullable(),
  error: JobError.nullable(),
})
export type JobAttempt = z.infer<typeof JobAttempt>

/** Three amounts in US dollars as decimal strings; null where one is not known. */
export const JobCost = z.object({
  quoted: z.string().nullable().describe('By our prices and the inputs, before the call.'),
  reported: z.string().nullable().describe('What the provider said.'),
  settled: z.string().nullable().describe('What is booked, once the job is over: what was reported, else our price.'),
})
export type JobCost = z.infer<typeof JobCost>

export const Metadata = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((value) => Object.keys(value).length <= 16, { error: 'must have at most 16 entries' })

/** The whole of a job: the same in an answer, an event and a webhook. */
export const Job = z.object({
  id: z.string(),
  kind: JobKind,
  state: JobState,
  model: z.string().describe('What was asked for: a model, pool:NAME or role:NAME.'),
  deployment: z.string().nullable().describe('The model that makes it, once one was chosen.'),
  provider: z.string().nullable(),
  inputs: z.record(z.string(), z.unknown()),
  options: z.record(z.string(), z.unknown()),
  originalPrompt: z.string().nullable().describe('What the client wrote, where the prompt was enhanced.'),
  userId: z.string().nullable(),
  keyId: z.string(),
  metadata: z.record(z.string(), z.string()),
  priority: z.int(),
  progress: z.number().min(0).max(1).nullable(),
  queuePosition: z.int().nonnegative().nullable().describe('How many are served before, here or at the provider.'),
  waiting: JobWaiting.nullable(),
  outputs: z.array(JobOutput),
  text: z.string().nullable().describe('What a job of the kind text has written.'),
  cost: JobCost,
  usage: Usage,
  error: JobError.nullable(),
  warnings: z.array(z.string()),
  mapped: z.array(z.object({ setting: z.string(), asked: z.unknown(), used: z.unknown(), reason: z.string() })),
  attempts: z.array(JobAttempt),
  template: z.object({ id: z.string(), version: z.int() }).nullable(),
  setId: z.string().nullable().describe('The batch or comparison that it is a member of.'),
  retryOf: z.string().nullable(),
  emulated: z.boolean(),
  sequence: z.int().nonnegative().describe('Grows with every change.'),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  deadlineAt: z.iso.datetime(),
  cancelRequestedAt: z.iso.datetime().nullable(),
  urls: z.object({ self: z.string(), events: z.string(), cancel: z.string() }),
})
export type Job = z.infer<typeof Job>

const MOST_SECONDS = 86_400

/** What every request for media has besides its inputs. */
export const CreateJob = z.strictObject({
  model: z.string().min(1).max(300).describe('A model, pool:NAME or role:NAME.'),
  inputs: z.record(z.string(), z.unknown()).describe('By the schema of the model: GET /api/models/{id}/schema.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('width, height, num_images, seed and the like.'),
  productType: z.string().min(1).max(100).optional().describe('A role may have a pool of its own for it.'),
  userId: z
    .string()
    .min(1)
    .max(200)
    .regex(/^\P{Cc}+$/u, { error: 'must have no control characters' })
    .optional()
    .describe('The end user, for usage; a key of role user has its own.'),
  webhook: WebhookTarget.optional(),
  metadata: Metadata.default({}),
  wait: z.number().min(0).max(600).optional().describe('Seconds to wait for the end: 60 for pictures, 0 for videos.'),
  priority: z.int().min(-100).max(100).default(0).describe('Higher ones go first; above 0 takes an admin.'),
  deadlineSeconds: z.int().min(1).max(MOST_SECONDS).optional(),
  enhance: z
    .union([z.boolean(), z.strictObject({ style: z.string().min(1).max(500).optional() })])
    .optional()
    .describe('Let the prompt model improve the prompt first; both are kept.'),
})
export type CreateJob = z.infer<typeof CreateJob>

/** To try a job once more whose outcome is unknown. */
export const RetryJob = z.strictObject({
  confirm: z.boolean().optional().describe('It may be paid for twice, and that is known.'),
})
export type RetryJob = z.infer<typeof RetryJob>

/** What a request for media answers: with 200 when the job is over, else with 202. */
export const JobAnswer = z.object({
  success: z.boolean(),
  jobId: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'failed', 'canceled', 'unknown']),
  imageUrl: z.string().nullable(),
  images: z.array(JobOutput),
  videoUrl: z.string().nullable(),
  videos: z.array(JobOutput),
  cost: z.string().nullable(),
  data: Job,
})
export type JobAnswer = z.infer<typeof JobAnswer>

/** One event of a job, as it is streamed; the id of the event is `sequence`. */
export const JobEvent = z.object({
  type: z.enum([
    'job.queued',
    'job.running',
    'job.progress',
    'job.waiting',
    'job.succeeded',
    'job.failed',
    'job.canceled',
    'job.unknown',
  ]),
  sequence: z.int(),
  timestamp: z.iso.datetime(),
  logs: z.array(z.string()).optional(),
  data: Job,
})
export type JobEvent = z.infer<typeof JobEvent>

/** Many jobs in one request: all are stored, or none. */
export const CreateBatch = z.strictObject({
  jobs: z
    .array(CreateJob.omit({ wait: true, webhook: true }).extend({ kind: JobKind.default('image') }))
    .min(1)
    .max(500),
  webhook: WebhookTarget.optional().describe('Hears of every job of the batch.'),
})
export type CreateBatch = z.infer<typeof CreateBatch>

/** How far the members of a set are, and what they came to together. */
export const JobSet = z.object({
  id: z.string(),
  done: z.boolean().describe('No member is queued or running any more.'),
  progress: z.number().min(0).max(1),
  counts: z.record(JobState, z.int()),
  cost: z.string().nullable().describe('The sum of what is settled; null while a cost is not known.'),
  jobs: z.array(Job),
})
export type JobSet = z.infer<typeof JobSet>
