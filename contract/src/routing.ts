import { z } from 'zod'
import { CacheRule } from './caching.ts'
import { Capabilities, Layer, Milliseconds, Modality, ModelId, RetryPolicy, Timeouts } from './models.ts'
import { StreamRule } from './streaming.ts'
import { Validation } from './validation.ts'

/** How a pool orders those of its members that can serve a request. */
export const STRATEGIES = [
  'priority',
  'weighted',
  'round-robin',
  'lowest-latency',
  'lowest-cost',
  'least-busy',
] as const
export const Strategy = z.enum(STRATEGIES)
export type Strategy = z.infer<typeof Strategy>

/** It stands behind `pool:` and `role:` in requests. */
export const RouteName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must begin with a letter or digit and go on with those, ".", "_" or "-"')

/** By which requests that belong together are told, such as those of one conversation. */
export const SessionId = z.string().min(1).max(300)

const Capability = z.enum(Object.keys(Capabilities.shape) as [keyof Capabilities, ...(keyof Capabilities)[]])

/** Which requests a member is for; one that fails any of these is passed over. */
export const MemberCondition = z.strictObject({
  input: z.array(Modality).min(1).optional().describe('Only requests that bring nothing else than these.'),
  needs: z.array(Capability).min(1).optional().describe('Only requests that need one of these capabilities.'),
  maxInputTokens: z.int().positive().optional().describe('Only requests of about this many input tokens at most.'),
  minInputTokens: z.int().positive().optional().describe('Only requests of about this many input tokens or more.'),
  metadata: z.record(z.string(), z.string()).optional().describe('Only requests whose metadata has these values.'),
})
export type MemberCondition = z.infer<typeof MemberCondition>

export const PoolMember = z.strictObject({
  model: ModelId.describe('A model by its id, provider/id or alias.'),
  weight: z.number().nonnegative().max(1_000_000).default(1).describe('Share among the members of a weighted pool.'),
  when: MemberCondition.optional(),
})
export type PoolMember = z.infer<typeof PoolMember>

/** What makes a request go on to the next member of its pool. */
export const FALLBACK_TRIGGERS = [
  'timeout',
  'connection',
  'rate_limit',
  'overloaded',
  'upstream_error',
  'permission',
  'billing',
  'context_window',
  'content_policy',
  'invalid_output',
  'empty_output',
  'missing_field',
  'invalid_structure',
  'validator_hard_fail',
] as const
export const FallbackTrigger = z.enum(FALLBACK_TRIGGERS)
export type FallbackTrigger = z.infer<typeof FallbackTrigger>

export const Fallback = z.strictObject({
  max: z.int().min(0).max(10).default(3).describe('How many further members may be tried.'),
  on: z
    .partialRecord(FallbackTrigger, z.boolean())
    .default({})
    .describe('Triggers to switch on or off. All are on but content_policy.'),
  deadlineMs: Milliseconds.optional().describe('For all attempts together.'),
})
export type Fallback = z.infer<typeof Fallback>

/** Asks a second member where the first has not begun within its usual time; whoever begins first answers. */
export const Hedge = z
  .strictObject({
    percentile: z
      .number()
      .min(50)
      .max(99.9)
      .default(95)
      .describe("How many of a hundred of the member's answers of late had begun in the time that it is given."),
    minMs: z.int().nonnegative().max(600_000).default(100).describe('It is given this time at least.'),
    maxMs: z
      .int()
      .positive()
      .max(600_000)
      .optional()
      .describe('And this time at most; also where too few of its answers have been measured.'),
    budget: z.number().min(0).max(1).default(0.05).describe('The share of the requests that may be hedged.'),
  })
  .refine(({ minMs, maxMs }) => maxMs === undefined || maxMs >= minMs, {
    path: ['maxMs'],
    error: 'must not be less than minMs',
  })
export type Hedge = z.infer<typeof Hedge>

/** Whose the answer is where a second member was asked. */
export const Hedged = z.enum(['won', 'lost'])
export type Hedged = z.infer<typeof Hedged>

/** By what a request is given its variant, so that the same one keeps it. */
export const EXPERIMENT_UNITS = ['user', 'session', 'key'] as const
export const ExperimentUnit = z.enum(EXPERIMENT_UNITS)
export type ExperimentUnit = z.infer<typeof ExperimentUnit>

export const ExperimentVariant = z.strictObject({
  weight: z.number().nonnegative().max(1_000_000).default(1).describe('Share among the variants.'),
  to: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('Where its requests go: a model, pool:NAME or role:NAME. Absent: the members of the pool itself.'),
})
export type ExperimentVariant = z.infer<typeof ExperimentVariant>

/** Divides the requests of a pool among variants. */
export const Experiment = z.strictObject({
  name: RouteName.optional().describe('What its results are kept under; the name of the pool unless given.'),
  by: ExperimentUnit.default('user').describe(
    'Whose requests stay with their variant. Those that do not say are divided one by one.',
  ),
  variants: z
    .record(RouteName, ExperimentVariant)
    .refine((variants) => Object.values(variants).some(({ weight }) => weight > 0), {
      error: 'must have a variant whose weight is not 0',
    }),
})
export type Experiment = z.infer<typeof Experiment>

/** Deployments that may stand in for one another. */
export const PoolConfiguration = z.strictObject({
  description: z.string().max(2000).optional(),
  strategy: Strategy.default('priority'),
  members: z
    .array(
      z.union([ModelId.transform((model): z.input<typeof PoolMember> => ({ model })).pipe(PoolMember), PoolMember]),
    )
    .min(1)
    .max(1000),
  fallback: Fallback.default({ max: 3, on: {} }),
  degrade: z
    .boolean()
    .default(false)
    .describe('Whether a member may serve what it can of a request; what is given up is reported.'),
  hedge: Hedge.optional().describe('Asks a second member where the first is slow to begin. Off unless given.'),
  retry: RetryPolicy.optional().describe('Retries on one member, instead of its own.'),
  timeouts: Timeouts.optional().describe('Timeouts of one attempt, instead of those of the member.'),
  stream: StreamRule.optional().describe('How streams of text are given, where the request does not say.'),
  validate: Validation.optional().describe('What text answers of the pool must fulfil.'),
  cache: CacheRule.optional().describe(
    'Keeps answers for requests that are the same, where the request does not say otherwise.',
  ),
  experiment: Experiment.optional().describe(
    'Divides among variants what asks for the pool itself, or for a role that leads to it.',
  ),
})
export type PoolConfiguration = z.infer<typeof PoolConfiguration>

/** A named job that resolves to a pool. */
export const RoleConfiguration = z.strictObject({
  description: z.string().max(2000).optional(),
  pool: RouteName,
  products: z.record(RouteName, RouteName).default({}).describe('Other pools for some product types.'),
  needs: z.array(Capability).default([]).describe('What every member of its pools must be able to do.'),
  validate: Validation.optional().describe('What text answers must fulfil, besides what the pool asks for.'),
})
export type RoleConfiguration = z.infer<typeof RoleConfiguration>

/** Pools and roles are administered alike. */
export const RoutingKind = z.enum(['pool', 'role'])
export type RoutingKind = z.infer<typeof RoutingKind>

const placed = {
  name: RouteName,
  layer: Layer.describe('The strongest layer that speaks of it; its record holds as a whole.'),
  overrides: z.array(Layer).describe('The weaker layers whose records it takes the place of.'),
  revision: z.int().positive().nullable().describe('Of the database; null for other layers.'),
}
export const Pool = PoolConfiguration.extend({ ...placed, members: z.array(PoolMember) })
export type Pool = z.infer<typeof Pool>
export const RoleRecord = RoleConfiguration.extend(placed)
export type RoleRecord = z.infer<typeof RoleRecord>

/** What one revision changed, field by field. */
export const FieldChange = z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })

/** One state that the database has had for a name. */
const revision = {
  revision: z.int().positive(),
  author: z.string().describe('Id of the key that made the change.'),
  createdAt: z.iso.datetime(),
  changes: z.array(FieldChange).describe('The difference to the revision before.'),
}
export const PoolRevision = z.object({
  ...revision,
  record: Pool.omit({ name: true, layer: true, overrides: true, revision: true }).nullable().describe('null: deleted.'),
})
export type PoolRevision = z.infer<typeof PoolRevision>
export const RoleRevision = z.object({ ...revision, record: RoleConfiguration.nullable().describe('null: deleted.') })
export type RoleRevision = z.infer<typeof RoleRevision>

export const Rollback = z.strictObject({
  revision: z.int().positive().describe('The revision whose record is to hold again.'),
})
export type Rollback = z.infer<typeof Rollback>
