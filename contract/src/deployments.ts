import { z } from 'zod'
import { ErrorCode } from './errors.ts'
import { Modality } from './models.ts'
import { SessionId, Strategy } from './routing.ts'

/** One failed call of a request that was sent to several deployments. */
export const FailedAttempt = z.object({
  deployment: z.string(),
  provider: z.string(),
  code: ErrorCode,
  latencyMs: z.int().nonnegative(),
  reasons: z.array(z.string()).optional().describe('Why its answer did not pass the validation.'),
})
export type FailedAttempt = z.infer<typeof FailedAttempt>

/**
 * `ready`: asked in its turn. `cooling`: asked only when all others cool down
 * too. `probing`: its cooldown is over, and the next request, alone, finds out
 * whether it is well. `drained`: no pool chooses it, until it is reset.
 */
export const DEPLOYMENT_STATES = ['ready', 'cooling', 'probing', 'drained'] as const
export const DeploymentStatus = z.enum(DEPLOYMENT_STATES)
export type DeploymentStatus = z.infer<typeof DeploymentStatus>

/** How a deployment is, as the process that answers has seen it and heard of it from others. */
export const DeploymentHealth = z.object({
  id: z.string(),
  model: z.string(),
  provider: z.string(),
  state: DeploymentStatus,
  coolingUntil: z.iso.datetime().nullable(),
  running: z.int().nonnegative().describe('Attempts that have not ended.'),
  firstPartMs: z
    .int()
    .nonnegative()
    .nullable()
    .describe('Until the first content of streams, averaged, the latest most.'),
  latencyMs: z.int().nonnegative().nullable().describe('Until the end of buffered answers, averaged, the latest most.'),
  failures: z.int().nonnegative().describe('Failures in a row.'),
  lastError: z.object({ code: ErrorCode, at: z.iso.datetime() }).nullable(),
})
export type DeploymentHealth = z.infer<typeof DeploymentHealth>

/** A request as it would be sent, to find out where it would go. Nobody is called. */
export const ExplainRoute = z.looseObject({
  model: z.string().min(1).describe('A model, `pool:NAME` or `role:NAME`.'),
  productType: z.string().min(1).optional(),
  session: SessionId.optional(),
  user: z.string().nullish(),
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .optional()
    .describe('Of a chat.'),
  prompt: z.string().optional().describe('Of a text or a picture; what the first member makes.'),
  input: z.unknown().optional().describe('Of embeddings.'),
  metadata: z.record(z.string(), z.string()).nullish(),
})
export type ExplainRoute = z.infer<typeof ExplainRoute>

export const RouteExplanation = z.object({
  route: z.string(),
  pool: z.string().nullable(),
  strategy: Strategy,
  bySession: z.boolean().describe('Whether the session takes the place of the strategy.'),
  experiment: z.string().nullable(),
  variant: z.string().nullable().describe('Of the experiment of the pool; the route is then that of the variant.'),
  output: Modality.describe('What the request was taken to ask for.'),
  estimatedInputTokens: z.int().nonnegative(),
  candidates: z
    .array(
      z.object({
        deployment: z.string(),
        provider: z.string(),
        state: DeploymentStatus,
        note: z.string().nullable().describe('Why it comes late, or what it gives up.'),
        reached: z.boolean().describe('Whether it is within the cap of fallbacks.'),
      }),
    )
    .describe('In the order in which they would be asked.'),
  skipped: z.array(
    z.object({
      deployment: z.string(),
      code: z.string().describe('`unavailable`, `drained`, or what it lacks.'),
      reason: z.string(),
    }),
  ),
})
export type RouteExplanation = z.infer<typeof RouteExplanation>
