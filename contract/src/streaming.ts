import { z } from 'zod'
import { ErrorCode } from './errors.ts'

/** How a stream is given. */
export const StreamRule = z.strictObject({
  commit: z
    .enum(['first', 'complete'])
    .default('first')
    .describe(
      'first: as it comes. complete: nothing is sent before the whole answer stands, so that every failure is made good unseen.',
    ),
})
export type StreamRule = z.infer<typeof StreamRule>

/** Somebody else goes on with an answer that broke off. */
export const Switched = z.object({
  from: z.string().describe('The model whose answer broke off.'),
  to: z.string().describe('The model that wrote what follows.'),
  reason: ErrorCode.describe('How the first one failed.'),
})
export type Switched = z.infer<typeof Switched>
