import { z } from 'zod'
import { ExperimentUnit } from './routing.ts'

/** What came of the requests of one variant. */
export const VariantOutcome = z.object({
  variant: z.string(),
  weight: z.number().nullable().describe('Its share as it is configured; null where it no longer is.'),
  to: z.string().nullable().describe('Where its requests go; null: to the members of the pool itself.'),
  requests: z.int().nonnegative(),
  succeeded: z.int().nonnegative().describe('Requests with an answer, whoever of the variant gave it.'),
  failed: z.int().nonnegative().describe('Requests that ended without one, those left by the client not counted.'),
  errorRate: z.number().nullable().describe('Failed requests among those that succeeded or failed.'),
  attempts: z.int().nonnegative(),
  failedAttempts: z.int().nonnegative(),
  latencyMs: z
    .object({ average: z.number(), median: z.number(), p95: z.number() })
    .nullable()
    .describe('Of requests with an answer, from the beginning of the first attempt to the end of the last.'),
  firstPartMs: z
    .object({ average: z.number(), median: z.number(), p95: z.number() })
    .nullable()
    .describe('Of streamed ones, until the first content.'),
  cost: z.string().describe('Sum of the known costs in US dollars, emulated attempts left out.'),
  emulatedCost: z.string(),
  unknownCost: z.int().nonnegative().describe('Attempts whose cost is not known.'),
  validatorHardFails: z.int().nonnegative().describe('Answers that a validator refused.'),
  feedback: z.object({
    count: z.int().nonnegative(),
    average: z.number().nullable().describe('From -1 to 1.'),
  }),
})
export type VariantOutcome = z.infer<typeof VariantOutcome>

export const ExperimentReport = z.object({
  name: z.string(),
  pools: z.array(z.string()).describe('The pools that it divides; none where it is over.'),
  by: ExperimentUnit.nullable().describe('null where it is over.'),
  variants: z.array(VariantOutcome),
})
export type ExperimentReport = z.infer<typeof ExperimentReport>

export const GiveFeedback = z.strictObject({
  requestId: z.string().min(1).max(200).describe('As the answer told it, in x-turnout-request-id or requestId.'),
  score: z.number().min(-1).max(1).describe('-1 is as bad and 1 as good as can be; 0 is neither.'),
  label: z.string().min(1).max(100).optional().describe('What it is about, or a word of your own.'),
  comment: z.string().min(1).max(4000).optional(),
})
export type GiveFeedback = z.infer<typeof GiveFeedback>

export const Feedback = z.object({
  requestId: z.string(),
  score: z.number(),
  label: z.string().nullable(),
  comment: z.string().nullable(),
  experiment: z.string().nullable().describe('That the request took part in.'),
  variant: z.string().nullable(),
  createdAt: z.iso.datetime(),
})
export type Feedback = z.infer<typeof Feedback>
