import { z } from 'zod'
import { CreateJob, Job, JobKind, JobSet, Metadata } from './jobs.ts'

/** One prompt for many models. */
export const Compare = z.strictObject({
  prompt: z.string().min(1).max(100_000),
  models: z
    .union([z.literal('all'), z.array(z.string().min(1).max(300)).min(1).max(100)])
    .describe('Models, pools or roles; "all": every model that can be used and makes what `kind` says.'),
  kind: JobKind.default('image'),
  inputs: z.record(z.string(), z.unknown()).default({}).describe('Further inputs, for every model.'),
  options: z.record(z.string(), z.unknown()).default({}),
  enhance: z.boolean().default(false).describe('Enhance the prompt once, for all of them.'),
  userId: CreateJob.shape.userId,
  metadata: Metadata.default({}),
  deadlineSeconds: z.int().min(1).max(86_400).optional(),
})
export type Compare = z.infer<typeof Compare>

/** A member that cannot serve the comparison, and why. */
export const LeftOut = z.object({ model: z.string(), code: z.string(), reason: z.string() })
export type LeftOut = z.infer<typeof LeftOut>

export const Comparison = JobSet.extend({
  prompt: z.string(),
  kind: JobKind,
  jobs: z.array(Job),
  leftOut: z.array(LeftOut).describe('Those that cannot serve it, with the reason.'),
  warnings: z.array(z.string()),
  createdAt: z.iso.datetime(),
})
export type Comparison = z.infer<typeof Comparison>
