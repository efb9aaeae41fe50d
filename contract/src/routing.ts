import { z } from 'zod'
import { Capabilities, Layer, Modality, ModelId, RetryPolicy, Timeouts } from './models.ts'

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
  deadlineMs: z.int().positive().optional().describe('For all attempts together.'),
})
export type Fallback = z.infer<typeof Fallback>

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
  retry: RetryPolicy.optional().describe('Retries on one member, instead of its own.'),
  timeouts: Timeouts.optional().describe('Timeouts of one attempt, instead of those of the member.'),
})
export type PoolConfiguration = z.infer<typeof PoolConfiguration>

/** A named job that resolves to a pool. */
export const RoleConfiguration = z.strictObject({
  description: z.string().max(2000).optional(),
  pool: RouteName,
  products: z.record(RouteName, RouteName).default({}).describe('Other pools for some product types.'),
  needs: z.array(Capability).default([]).describe('What every member of its pools must be able to do.'),
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
